import { FIELD_MANAGER, STATUS_FIELD_MANAGER } from '../api/group.ts'
import type { Database } from '../api/database.ts'
import { formatSelector, selectorLabels } from '../api/labels.ts'
import { referenceOf } from '../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { stageOfKind } from '../api/stage.ts'
import { isSameJson } from '../plan/json-equality.ts'
import { decide } from '../phases/decide.ts'
import type { Decision, Effect } from '../phases/decision.ts'
import { verificationSubject } from '../phases/readiness.ts'
import type {
  ChildObservation,
  DependenciesObservation,
  FailureObservation,
  VerificationObservation,
  World,
} from '../phases/world.ts'
import type { DatabaseItem } from './apply-set.ts'
import { ChangeSignal } from './change-signal.ts'
import type { ClusterApi } from './cluster-api.ts'
import { completeCredentials, createCredentials } from './credentials.ts'
import { checkDependencies } from './dependencies.ts'
import type { AddressProbe } from './dependencies.ts'
import { failureOf } from './failure.ts'
import { observe, TERMINATING } from './observation.ts'
import type { DatabaseOutcome } from './outcome.ts'
import { ownedBy } from './owner.ts'
import type { PlannedItem } from './planning.ts'
import { verify } from './verification.ts'
import type { VerificationRoute } from './verification.ts'

/** What a run of one database needs. */
export interface RunnerOptions {
  readonly wait: boolean
  /** Time to hold each phase, in milliseconds; 0 does not hold. */
  readonly paceMs: number
  readonly route: VerificationRoute
  readonly force: boolean
  readonly probe: AddressProbe
  /** Aborted when the time is over. */
  readonly deadline: AbortSignal
  /** Aborted when the user interrupts. */
  readonly interrupt: AbortSignal
  readonly now: () => number
  /** Told after every status that was written, or would have been. */
  readonly onStatus: (before: Database, decision: Decision) => void
  readonly onApplied: (object: ObjectReference, action: 'create' | 'update') => void
}

/**
 * Runs the phases for one database until it is ready, cannot become ready, or the time is over.
 *
 * Workflow: observe, decide, write the status, perform the effects, wait; then from the start.
 * Safety: nothing is remembered that a new run could not observe again, so a kill anywhere costs only time.
 */
export class DatabaseRunner {
  readonly #api: ClusterApi
  readonly #item: DatabaseItem
  readonly #options: RunnerOptions
  readonly #changes = new ChangeSignal()
  #children: ChildObservation[] = []
  #dependencies: DependenciesObservation | undefined
  #verification: VerificationObservation | undefined
  #failure: FailureObservation | undefined
  #firstPass = true
  #podsBeforeRetry: readonly string[] = []

  constructor(api: ClusterApi, item: DatabaseItem, options: RunnerOptions) {
    this.#api = api
    this.#item = item
    this.#options = options
  }

  /** Applies the resource where it differs, then walks the phases. */
  async run(resource: PlannedItem, children: readonly PlannedItem[]): Promise<DatabaseOutcome> {
    const stored = await this.#applyResource(resource)
    const uid = stored.metadata.uid ?? ''
    this.#children = children.map((child) => observationOf(child, stored.metadata.name, uid))
    const database = { ...this.#item.database, metadata: { ...this.#item.database.metadata, uid } }
    try {
      return await this.#walk(database)
    } finally {
      await this.#changes.stop()
    }
  }

  async #applyResource({ body, live, verdict }: PlannedItem): Promise<KubernetesObject> {
    if (verdict === 'unchanged' && live !== undefined) return live
    const stored = await this.#api.apply(body, { manager: FIELD_MANAGER, force: this.#options.force })
    this.#options.onApplied(referenceOf(stored), live === undefined ? 'create' : 'update')
    return stored
  }

  async #walk(database: Database): Promise<DatabaseOutcome> {
    for (;;) {
      this.#changes.reset()
      const world = await this.#observe(database)
      const decision = decide(world)
      this.#firstPass = false
      await this.#writeStatus(world.database, decision)
      if (await this.#loginIsMissing(world, decision)) continue
      const outcome = this.#outcome(world, decision)
      if (outcome !== undefined) return outcome
      await this.#perform(decision, world)
      await this.#waitFor(decision)
    }
  }

  async #observe(database: Database): Promise<World> {
    const now = this.#options.now()
    const observed = await observe(this.#api, database, now)
    if (this.#firstPass) this.#podsBeforeRetry = observed.pods.flatMap(({ metadata: { uid } }) => uid ?? [])
    return {
      ...observed,
      now: timestamp(now),
      children: this.#children,
      dependencies: this.#dependencies,
      verification: this.#verification,
      failure: this.#failure,
      retryRequested: this.#firstPass,
      podsBeforeRetry: this.#podsBeforeRetry,
    }
  }

  async #writeStatus(before: Database, decision: Decision): Promise<void> {
    const changed = !isSameJson(before.status ?? {}, decision.status)
    if (changed) {
      const { name, namespace, uid } = before.metadata
      const { apiVersion, kind } = before
      const metadata = {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
      }
      // Status has one owner by contract, whoever runs the phases: taking it over is taking over from a former self.
      await this.#api.apply(
        { apiVersion, kind, metadata, status: decision.status },
        { manager: STATUS_FIELD_MANAGER, subresource: 'status', force: true },
      )
    }
    this.#options.onStatus(before, decision)
    if (before.status?.phase !== decision.status.phase && this.#options.paceMs > 0) {
      await this.#pause(this.#options.paceMs)
    }
  }

  /**
   * Logs in where the run would end with the login of an earlier one: whoever changed the password since did not ask
   * us. Another pass judges the result; a success writes nothing.
   */
  async #loginIsMissing(world: World, { next, status }: Decision): Promise<boolean> {
    const isDue = next.type === 'done' && status.phase === 'Ready' && this.#verification === undefined
    if (!isDue || this.#options.route === 'off' || this.#options.interrupt.aborted) return false
    await this.#verify(world.database, verificationSubject(world))
    return true
  }

  async #verify(database: Database, subject: string): Promise<void> {
    const result = await verify(this.#api, database, this.#options.route)
    const at = timestamp(this.#options.now())
    this.#verification = result.ok === 'skipped' ? result : { ...result, subject, at }
  }

  #outcome(world: World, decision: Decision): DatabaseOutcome | undefined {
    const { reason, message } = readiness(decision)
    if (this.#options.interrupt.aborted) return { type: 'interrupted' }
    const going = world.claims.find(({ phase }) => phase === TERMINATING)
    if (decision.next.type === 'done' && going !== undefined) return claimIsGoing(going.name)
    if (decision.next.type === 'done') {
      const verified = this.#verification === undefined || this.#verification.ok === true
      return { type: 'ready', database: { ...world.database, status: decision.status }, verified }
    }
    if (decision.next.type === 'paused') return { type: 'paused' }
    if (decision.next.type === 'stalled') return { type: 'stalled', reason: decision.next.reason, message }
    if (this.#options.deadline.aborted) return { type: 'timeout', reason, message }
    const waiting = decision.next.type !== 'now' && decision.effects.length === 0
    return waiting && !this.#options.wait ? { type: 'applied' } : undefined
  }

  async #perform(decision: Decision, world: World): Promise<void> {
    for (const effect of decision.effects) {
      if (this.#options.interrupt.aborted) return
      try {
        await this.#performOne(effect, world)
      } catch (error) {
        this.#failure = failureOf(error, world.database.metadata.generation ?? 0, timestamp(this.#options.now()))
        return
      }
    }
    if (decision.effects.length > 0) this.#failure = undefined
  }

  async #performOne(effect: Effect, { database }: World): Promise<void> {
    const { name, namespace = 'default' } = database.metadata
    switch (effect.type) {
      case 'apply':
        for (const object of effect.objects) await this.#applyChild(object)
        return
      case 'create-credentials':
        if (this.#item.credentials === undefined) throw new TypeError(`no Secret manifest for Database ${name}`)
        if (await createCredentials(this.#api, this.#item.credentials, database)) {
          this.#options.onApplied(this.#item.credentials.reference, 'create')
        }
        return
      case 'complete-credentials':
        return completeCredentials(this.#api, database)
      case 'check-dependencies':
        this.#dependencies = {
          generation: database.metadata.generation ?? 0,
          results: await checkDependencies(this.#api, database, this.#options.probe),
          at: timestamp(this.#options.now()),
        }
        return
      case 'verify':
        return this.#verify(database, effect.subject)
      case 'delete-pod':
        return this.#api.delete({ apiVersion: 'v1', kind: 'Pod', namespace, name: effect.name }, effect.uid)
    }
  }

  async #applyChild(object: KubernetesObject): Promise<void> {
    const index = this.#children.findIndex((child) => child.object === object)
    const child = this.#children[index]
    const stored = await this.#api.apply(object, { manager: FIELD_MANAGER, force: this.#options.force })
    if (child !== undefined) {
      this.#options.onApplied(referenceOf(stored), child.verdict === 'create' ? 'create' : 'update')
      this.#children[index] = { ...child, verdict: 'unchanged' }
    }
  }

  async #waitFor({ next }: Decision): Promise<void> {
    switch (next.type) {
      case 'now':
        return
      case 'change':
        if (!this.#changes.started) this.#watch()
        return this.#changes.wait(next.withinMs, this.#ending())
      case 'after':
        return this.#pause(next.delayMs)
      case 'done':
      case 'paused':
      case 'stalled':
        return
    }
  }

  #watch(): void {
    const { name, namespace = 'default' } = this.#item.database.metadata
    const labelSelector = formatSelector(selectorLabels(name))
    this.#changes.start(this.#api, [
      { apiVersion: 'v1', kind: 'Pod', namespace, labelSelector },
      { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, labelSelector },
    ])
  }

  #ending(): AbortSignal {
    return AbortSignal.any([this.#options.deadline, this.#options.interrupt])
  }

  async #pause(milliseconds: number): Promise<void> {
    const ending = this.#ending()
    if (ending.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      ending.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    })
  }
}

function claimIsGoing(claim: string): DatabaseOutcome {
  const message = `claim ${claim} was deleted: its data is lost as soon as the pod stops. Make a copy now.`
  return { type: 'stalled', reason: 'ClaimTerminating', message }
}

/** RFC 3339 in UTC, to the second, as Kubernetes writes times. */
function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

function observationOf(planned: PlannedItem, name: string, uid: string): ChildObservation {
  const verdict = planned.verdict
  return {
    stage: stageOfKind(planned.item.reference.kind),
    object: planned.body.metadata.ownerReferences === undefined ? ownedBy(planned.body, name, uid) : planned.body,
    verdict,
    ...(planned.refusal === undefined ? {} : { message: planned.refusal.message }),
  }
}

function readiness(decision: Decision): { reason: string; message: string } {
  const ready = decision.status.conditions?.find(({ type }) => type === 'Ready')
  return { reason: ready?.reason ?? 'Unknown', message: ready?.message ?? '' }
}
