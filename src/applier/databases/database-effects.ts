import { FIELD_MANAGER } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { Effect } from '../../phases/decision.ts'
import type { CredentialsObservation, DependenciesObservation, VerificationObservation } from '../../phases/world.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { AppliedAction } from '../applied-action.ts'
import { growClaim } from './claim-growth.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { observeSecret } from '../cluster/secret-observation.ts'
import { completeCredentials, createCredentials } from './credentials.ts'
import { checkDependencies } from './dependencies.ts'
import type { AddressProbe } from './dependencies.ts'
import { replaceObject } from '../replacement.ts'
import { makeReplicationSecret } from './replication-secret.ts'
import { removeSurplus } from './surplus-removal.ts'
import { rotatePassword, stagePassword } from './rotation.ts'
import { verify } from './verification.ts'
import type { VerificationResult, VerificationRoute } from './verification.ts'

/** What carrying out an effect taught. */
export interface Learned {
  /** The object of the effect was applied. */
  readonly applied?: KubernetesObject
  /** Nothing is left to do about a child that the spec no longer asks for. */
  readonly removed?: ObjectReference
  /** `undefined` where it has to be read again. */
  readonly credentials?: CredentialsObservation | undefined
  /** The Secret of the standbys has to be read again. */
  readonly replicationSecret?: undefined
  readonly dependencies?: DependenciesObservation
  readonly verification?: VerificationObservation
}

/** What effects need. */
export interface EffectOptions {
  readonly route: VerificationRoute
  readonly force: boolean
  readonly probe: AddressProbe
  /** RFC 3339, of now. */
  readonly timestamp: () => string
  readonly onApplied: (object: ObjectReference, action: AppliedAction) => void
}

type VerifyEffect = Extract<Effect, { type: 'verify' }>

/** Carries out the effects of decisions about one database. Remembers nothing. */
export class DatabaseEffects {
  readonly #api: ClusterApi
  readonly #view: DatabaseView
  readonly #credentials: ApplyItem | undefined
  readonly #options: EffectOptions

  constructor(api: ClusterApi, view: DatabaseView, credentials: ApplyItem | undefined, options: EffectOptions) {
    this.#api = api
    this.#view = view
    this.#credentials = credentials
    this.#options = options
  }

  /** Carries out an effect and tells, piece by piece, what was learned. @throws the errors of the API */
  async perform(effect: Effect, database: Database, learned: (news: Learned) => void): Promise<void> {
    const { namespace = 'default' } = database.metadata
    switch (effect.type) {
      case 'apply':
        for (const object of effect.objects) {
          await this.#apply(object)
          learned({ applied: object })
        }
        return
      case 'replace': {
        const store = (object: KubernetesObject): void => this.#view.store(object)
        const replaced = await replaceObject(this.#api, effect.object, effect.uid, this.#options.force, store)
        this.#view.store(replaced)
        learned({ applied: effect.object })
        return
      }
      case 'grow-claim': {
        const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: effect.name }
        this.#view.store(await growClaim(this.#api, claim, effect.uid, effect.to))
        this.#options.onApplied(claim, 'update')
        return
      }
      case 'create-credentials':
        learned({ credentials: await this.#createCredentials(database) })
        return
      case 'complete-credentials':
        await completeCredentials(this.#api, database)
        learned({ credentials: undefined })
        return
      case 'make-replication-secret': {
        const secret = await makeReplicationSecret(this.#api, database)
        learned({ replicationSecret: undefined })
        this.#options.onApplied(referenceOf(secret), 'create')
        return
      }
      case 'remove':
        await removeSurplus(this.#api, this.#view, database, effect.objects, {
          onDeleted: (object) => this.#options.onApplied(object, 'delete'),
          onDone: (removed) => learned({ removed }),
        })
        return
      case 'stage-password':
        await this.#stagePassword(database, effect, learned)
        return
      case 'rotate-password':
        await this.#rotatePassword(database, effect.subject, learned)
        return
      case 'check-dependencies': {
        const results = await checkDependencies(this.#api, database, this.#options.probe)
        const generation = database.metadata.generation ?? 0
        learned({ dependencies: { generation, results, at: this.#options.timestamp() } })
        return
      }
      case 'verify':
        learned({ verification: await this.verify(database, effect) })
        return
      case 'delete-pod':
        await this.#deletePod({ apiVersion: 'v1', kind: 'Pod', namespace, name: effect.name }, effect.uid)
    }
  }

  /** Logs in. */
  async verify(database: Database, request: Omit<VerifyEffect, 'type'>): Promise<VerificationObservation> {
    return this.#observed(await verify(this.#api, database, this.#options.route, request), request.subject)
  }

  #observed(result: VerificationResult, subject: string): VerificationObservation {
    return result.ok === 'skipped' ? result : { ...result, subject, at: this.#options.timestamp() }
  }

  async #apply(object: KubernetesObject): Promise<void> {
    const options = { manager: FIELD_MANAGER, force: this.#options.force }
    if (this.#view.keeps(object)) this.#view.store(await this.#api.apply(object, options))
    // Writing it down, sending it and reading it would cost both sides as much as the apply's own body.
    else await this.#api.apply(object, { ...options, reply: 'metadata' })
  }

  async #stagePassword(
    database: Database,
    { request, subject }: { readonly request: string; readonly subject: string },
    learned: (news: Learned) => void,
  ): Promise<void> {
    const result = await stagePassword(this.#api, database, request, this.#options.route)
    // Whatever came of it: the Secret is looked at again.
    learned({
      credentials: undefined,
      ...(result === undefined ? {} : { verification: this.#observed(result, subject) }),
    })
  }

  /** The Secret is read again also after a failure: what a lost reply has written must be seen. */
  async #rotatePassword(database: Database, subject: string, learned: (news: Learned) => void): Promise<void> {
    learned({ credentials: undefined })
    const { route, onApplied } = this.#options
    const onWritten = (secret: ObjectReference): void => onApplied(secret, 'update')
    learned({ verification: this.#observed(await rotatePassword(this.#api, database, { route, onWritten }), subject) })
  }

  /** The view is told at once: a decision that still saw the pod would delete it again. */
  async #deletePod(reference: ObjectReference, uid: string): Promise<void> {
    await this.#api.delete(reference, uid)
    // While it ends, the watch tells of it again.
    this.#view.forget(reference, uid)
  }

  async #createCredentials(database: Database): Promise<CredentialsObservation | undefined> {
    const shell = this.#credentials
    if (shell === undefined) throw new TypeError(`no Secret manifest for Database ${database.metadata.name}`)
    const created = await createCredentials(this.#api, shell, database)
    if (created === undefined) return undefined
    this.#options.onApplied(referenceOf(created), 'create')
    return observeSecret(created, created.metadata.name, database.spec)
  }
}
