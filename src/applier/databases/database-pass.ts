import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../../api/database.ts'
import { referenceOf } from '../../api/object.ts'
import { decide } from '../../phases/decide.ts'
import { isSameJson } from '../../plan/json-equality.ts'
import type { Decision } from '../../phases/decision.ts'
import { verifyRequest } from '../../phases/verifying.ts'
import type {
  ChildObservation,
  CircuitObservation,
  DependenciesObservation,
  FailureObservation,
  SnapshotObservation,
  SurplusObservation,
  VerificationObservation,
  World,
} from '../../phases/world.ts'
import { isConflict } from '../../cluster/error-guards.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import { DatabaseEffects } from './database-effects.ts'
import type { EffectOptions, Learned } from './database-effects.ts'
import { failureOf } from './failure.ts'
import { KnownSecrets } from './known-secrets.ts'
import { observe } from './observation.ts'
import { rfc3339 } from './rfc3339.ts'
import { StatusWriter } from './status-writer.ts'
import type { StatusOptions } from './status-writer.ts'
import type { VerificationRoute } from './verification.ts'

/** What passes over one database need. */
export interface PassOptions extends Omit<EffectOptions, 'timestamp'>, StatusOptions {
  readonly route: VerificationRoute
  /** Time to hold each phase, in milliseconds; 0 does not hold. */
  readonly paceMs: number
  /** Whether to log in also where nothing changed and an earlier login still stands. */
  readonly verifyUnchanged: boolean
  /** Whether what only a change of rights can mend is tried again: by whoever runs for ever. @default false */
  readonly isForEver?: boolean
  /** Aborted when the user interrupts: nothing more is begun. */
  readonly interrupt: AbortSignal
  /** Aborted when no wait should go on. */
  readonly ending: AbortSignal
  /** Told after every status that was written, or would have been. */
  readonly onStatus: (before: Database, decision: Decision) => void
}

/** A person asks for an attempt now. */
export interface Asked {
  /** Uids of the pods that were there then. */
  readonly pods: readonly string[]
  /** Whether this is the first pass since. */
  readonly isFirst: boolean
}

/** What came of a pass whose effects are still to be performed. */
export interface PassResult {
  readonly world: World
  readonly decision: Decision
  /** What the login said, where this process made one. */
  readonly verification: VerificationObservation | undefined
}

/** What an attempt came to whose outcome is not in our hands. */
export type AttemptResult = 'succeeded' | 'failed'

/**
 * Passes over one database: observe, decide, write the status, perform the effects.
 *
 * Safety: what is remembered from one pass to the next (results of logins and of checks, the last failure) could be
 * found out again, so a kill anywhere costs only time.
 */
export class DatabasePass {
  /** What is known of Secrets; whoever makes passes says when to doubt it. */
  readonly secrets: KnownSecrets
  readonly #view: DatabaseView
  readonly #options: PassOptions
  readonly #effects: DatabaseEffects
  readonly #status: StatusWriter
  #children: ChildObservation[] = []
  #surplus: readonly SurplusObservation[] = []
  #dependencies: DependenciesObservation | undefined
  #verification: VerificationObservation | undefined
  #failure: FailureObservation | undefined
  #hasConflict = false
  #circuit: CircuitObservation | undefined
  #snapshots: SnapshotObservation | undefined

  /** @param shell the credentials Secret without a password; absent where the spec names an existing one */
  constructor(api: ClusterApi, view: DatabaseView, shell: ApplyItem | undefined, options: PassOptions) {
    this.#view = view
    this.#options = options
    this.#status = new StatusWriter(api, view, options)
    this.secrets = new KnownSecrets(api, options.now)
    this.#effects = new DatabaseEffects(api, view, shell, { ...options, timestamp: () => this.#timestamp() })
  }

  /** Says what is wanted, what applying it would do, and what is there that is no longer wanted. */
  want(children: readonly ChildObservation[], surplus: readonly SurplusObservation[]): void {
    this.#children = [...children]
    this.#surplus = surplus
  }

  /** Says what is known of snapshots of the volume. @returns whether it is news */
  knowSnapshots(snapshots: SnapshotObservation): boolean {
    const isNews = !isSameJson(this.#snapshots ?? {}, snapshots)
    this.#snapshots = snapshots
    return isNews
  }

  /** Whether the last effect failed because an object was not as expected; that is forgotten, and to be judged anew. */
  forgetConflict(): boolean {
    const hadConflict = this.#hasConflict
    this.#hasConflict = false
    if (hadConflict) this.#failure = undefined
    return hadConflict
  }

  /** Says whether attempts are held back; `undefined` where they are not. */
  knowCircuit(circuit: CircuitObservation | undefined): void {
    this.#circuit = circuit
  }

  /** Observes, decides and shows the status. @returns `undefined` where another pass must judge a login that was made */
  async decide(database: Database, asked?: Asked): Promise<PassResult | undefined> {
    const world = await this.#observe(database, asked)
    const decision = decide(world)
    await this.#showStatus(world.database, decision)
    if (await this.#loginIsMissing(world, decision)) return undefined
    return { world, decision, verification: this.#verification }
  }

  /** Stores the status that was shown last, where it is not stored yet. */
  flush(database: Database): Promise<void> {
    return this.#status.flush(database)
  }

  /**
   * Performs the effects of a decision. What goes wrong is for the next pass to judge.
   * @returns what the last attempt that depends on somebody else came to (a login, a check of dependencies)
   */
  async perform({ world, decision }: PassResult): Promise<AttemptResult | undefined> {
    let attempt: AttemptResult | undefined
    this.#hasConflict = false
    for (const effect of decision.effects) {
      if (this.#options.interrupt.aborted) return attempt
      try {
        await this.#effects.perform(effect, world.database, (news) => {
          this.#learn(news)
          attempt = attemptOf(news) ?? attempt
        })
      } catch (error) {
        const { generation = 0 } = world.database.metadata
        this.#failure = failureOf(error, generation, this.#timestamp(), this.#options.isForEver)
        this.#hasConflict = isConflict(error)
        return attempt
      }
    }
    if (decision.effects.length > 0) this.#failure = undefined
    return attempt
  }

  #timestamp(): string {
    return rfc3339(this.#options.now())
  }

  async #observe(database: Database, asked: Asked | undefined): Promise<World> {
    const now = this.#options.now()
    const secrets = await this.secrets.read(database)
    const observed = await observe(this.#view, database, secrets.credentials, now)
    return {
      ...observed,
      ...secrets,
      database: this.#status.shownOn(observed.database),
      now: rfc3339(now),
      children: this.#children,
      surplus: this.#surplus,
      snapshots: this.#snapshots,
      dependencies: this.#dependencies,
      verification: this.#verification,
      failure: this.#failure,
      ...(this.#circuit === undefined ? {} : { circuit: this.#circuit }),
      retryRequested: asked?.isFirst === true,
      podsBeforeRetry: asked?.pods ?? [],
    }
  }

  async #showStatus(before: Database, decision: Decision): Promise<void> {
    await this.#status.show(before, decision)
    this.#options.onStatus(before, decision)
    if (before.status?.phase === decision.status.phase || this.#options.paceMs <= 0) return
    await pause(this.#options.paceMs, this.#options.ending)
  }

  /**
   * Logs in where the run would end with the login of an earlier one: whoever changed the password since did not ask
   * us. Another pass judges the result; a success writes nothing.
   */
  async #loginIsMissing(world: World, { next, status }: Decision): Promise<boolean> {
    const isDue = next.type === 'done' && status.phase === 'Ready' && this.#verification === undefined
    const { route, verifyUnchanged, interrupt } = this.#options
    if (!isDue || !verifyUnchanged || route === 'off' || interrupt.aborted) return false
    this.#verification = await this.#effects.verify(world.database, verifyRequest(world))
    return true
  }

  #learn(news: Learned): void {
    if ('credentials' in news) this.secrets.learn(news.credentials)
    if ('replicationSecret' in news) this.secrets.forgetReplicationSecret()
    if (news.dependencies !== undefined) this.#dependencies = news.dependencies
    if (news.verification !== undefined) this.#verification = news.verification
    const { removed } = news
    if (removed !== undefined) this.#surplus = this.#surplus.filter(({ reference }) => !isSameJson(reference, removed))
    const index = this.#children.findIndex(({ object }) => object === news.applied)
    const child = this.#children[index]
    if (child === undefined) return
    const { replaces: _, ...kept } = child
    const action = child.verdict === 'create' || child.verdict === 'replace' ? child.verdict : 'update'
    this.#options.onApplied(referenceOf(child.object), action)
    this.#children[index] = { ...kept, verdict: 'unchanged' }
  }
}

function attemptOf({ verification, dependencies }: Learned): AttemptResult | undefined {
  if (dependencies !== undefined)
    return dependencies.results.every(({ available }) => available) ? 'succeeded' : 'failed'
  if (verification === undefined || verification.ok === 'skipped') return undefined
  return verification.ok ? 'succeeded' : 'failed'
}

/** Waits; a wait that is cut short is over, and what follows looks at the signals itself. */
export async function pause(milliseconds: number, ending: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: ending }).catch((error: unknown) => {
    if (!ending.aborted) throw error
  })
}
