import { setTimeout as delay } from 'node:timers/promises'
import { FIELD_MANAGER } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { Semaphore } from '../../cluster/semaphore.ts'
import { decide } from '../../phases/decide.ts'
import type { Decision } from '../../phases/decision.ts'
import { verificationSubject } from '../../phases/readiness.ts'
import type {
  ChildObservation,
  CredentialsObservation,
  DependenciesObservation,
  FailureObservation,
  VerificationObservation,
  World,
} from '../../phases/world.ts'
import { ChangeSignal } from '../cluster/change-signal.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { readCredentials } from './credentials.ts'
import { DatabaseEffects } from './database-effects.ts'
import type { EffectOptions, Learned } from './database-effects.ts'
import { failureOf } from './failure.ts'
import { childObservation } from './child-observation.ts'
import { observe } from './observation.ts'
import type { DatabaseOutcome } from './outcome.ts'
import { outcomeOf } from './outcome-of-pass.ts'
import type { OutcomeOptions } from './outcome-of-pass.ts'
import { rfc3339 } from './rfc3339.ts'
import { StatusWriter } from './status-writer.ts'
import type { StatusOptions } from './status-writer.ts'
import type { PlannedDatabase } from '../planning/planned-set.ts'
import { succeed } from '../succeeding.ts'

/** What a run of one database needs. */
export interface RunnerOptions extends Omit<EffectOptions, 'timestamp'>, OutcomeOptions, StatusOptions {
  /** Time to hold each phase, in milliseconds; 0 does not hold. */
  readonly paceMs: number
  /** Whether to log in also where nothing changed and an earlier login still stands. */
  readonly verifyUnchanged: boolean
  /** Turns of work; a database that waits takes none. */
  readonly turns: Semaphore
  /** Aborted with either of the two. */
  readonly ending: AbortSignal
  /** Told after every status that was written, or would have been. */
  readonly onStatus: (before: Database, decision: Decision) => void
}

/**
 * Runs the phases for one database until it is ready, cannot become ready, or the time is over.
 *
 * Workflow: observe, decide, write the status, perform the effects, wait; then from the start.
 * Safety: nothing is remembered that a new run could not observe again, so a kill anywhere costs only time.
 */
export class DatabaseRunner {
  readonly #api: ClusterApi
  readonly #view: ClusterView
  readonly #planned: PlannedDatabase
  readonly #options: RunnerOptions
  readonly #effects: DatabaseEffects
  readonly #status: StatusWriter
  readonly #changes = new ChangeSignal()
  #children: ChildObservation[] = []
  #credentials: CredentialsObservation | undefined
  #dependencies: DependenciesObservation | undefined
  #verification: VerificationObservation | undefined
  #failure: FailureObservation | undefined
  #firstPass = true
  #podsBeforeRetry: readonly string[] = []

  constructor(api: ClusterApi, view: ClusterView, planned: PlannedDatabase, options: RunnerOptions) {
    this.#api = api
    this.#view = view
    this.#planned = planned
    this.#options = options
    this.#credentials = planned.secret
    this.#status = new StatusWriter(api, view, options)
    const timestamp = (): string => rfc3339(options.now())
    this.#effects = new DatabaseEffects(api, view, planned.item.credentials, { ...options, timestamp })
  }

  /** Applies the resource where it differs, then walks the phases. */
  async run(): Promise<DatabaseOutcome> {
    const { item, children } = this.#planned
    const forget = this.#view.listen(item.key, () => this.#changes.notify())
    try {
      const stored = await this.#options.turns.run(() => this.#applyResource(), this.#options.interrupt)
      const uid = stored.metadata.uid ?? ''
      this.#children = children.map((child) => childObservation(child, stored.metadata.name, uid))
      return await this.#walk({ ...item.database, metadata: { ...item.database.metadata, uid } })
    } finally {
      forget()
    }
  }

  async #applyResource(): Promise<KubernetesObject> {
    const { resource, children } = this.#planned
    const { body, live, verdict } = resource
    // It changes no field, so that it needs no phase: then each child is applied in its own.
    for (const planned of [resource, ...children]) await succeed(this.#api, planned)
    if (verdict === 'unchanged' && live !== undefined) return live
    const stored = await this.#api.apply(body, { manager: FIELD_MANAGER, force: this.#options.force })
    this.#view.store(stored)
    this.#options.onApplied(referenceOf(stored), live === undefined ? 'create' : 'update')
    return stored
  }

  async #walk(database: Database): Promise<DatabaseOutcome> {
    for (;;) {
      this.#changes.reset()
      // Databases that are on their way come first: their pods start while others begin.
      const result = await this.#options.turns.run(() => this.#pass(database), this.#options.interrupt, 'go-on')
      if (result.outcome !== undefined) return result.outcome
      if (result.decision !== undefined) await this.#waitFor(result.decision)
    }
  }

  /** One pass; ends with an outcome, with what to wait for, or with neither where the next one is due at once. */
  async #pass(database: Database): Promise<{ readonly outcome?: DatabaseOutcome; readonly decision?: Decision }> {
    const world = await this.#observe(database)
    const decision = decide(world)
    this.#firstPass = false
    await this.#showStatus(world.database, decision)
    if (await this.#loginIsMissing(world, decision)) return {}
    const outcome = outcomeOf(world, decision, this.#verification, this.#options)
    if (outcome !== undefined) {
      if (outcome.type !== 'interrupted') await this.#status.flush(world.database)
      return { outcome }
    }
    await this.#perform(decision, world)
    return { decision }
  }

  async #observe(database: Database): Promise<World> {
    const now = this.#options.now()
    this.#credentials ??= await readCredentials(this.#api, database)
    const observed = await observe(this.#view, database, this.#credentials, now)
    if (this.#firstPass) this.#podsBeforeRetry = observed.pods.flatMap(({ metadata: { uid } }) => uid ?? [])
    return {
      ...observed,
      database: this.#status.shownOn(observed.database),
      now: rfc3339(now),
      children: this.#children,
      dependencies: this.#dependencies,
      verification: this.#verification,
      failure: this.#failure,
      retryRequested: this.#firstPass,
      podsBeforeRetry: this.#podsBeforeRetry,
    }
  }

  async #showStatus(before: Database, decision: Decision): Promise<void> {
    await this.#status.show(before, decision)
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
    const { route, verifyUnchanged, interrupt } = this.#options
    if (!isDue || !verifyUnchanged || route === 'off' || interrupt.aborted) return false
    this.#verification = await this.#effects.verify(world.database, verificationSubject(world))
    return true
  }

  async #perform(decision: Decision, world: World): Promise<void> {
    for (const effect of decision.effects) {
      if (this.#options.interrupt.aborted) return
      try {
        await this.#effects.perform(effect, world.database, (news) => this.#learn(news))
      } catch (error) {
        this.#failure = failureOf(error, world.database.metadata.generation ?? 0, rfc3339(this.#options.now()))
        return
      }
    }
    if (decision.effects.length > 0) this.#failure = undefined
  }

  #learn(news: Learned): void {
    if ('credentials' in news) this.#credentials = news.credentials
    if (news.dependencies !== undefined) this.#dependencies = news.dependencies
    if (news.verification !== undefined) this.#verification = news.verification
    const index = this.#children.findIndex(({ object }) => object === news.applied)
    const child = this.#children[index]
    if (child === undefined) return
    const { replaces: _, ...kept } = child
    const action = child.verdict === 'create' || child.verdict === 'replace' ? child.verdict : 'update'
    this.#options.onApplied(referenceOf(child.object), action)
    this.#children[index] = { ...kept, verdict: 'unchanged' }
  }

  async #waitFor({ next }: Decision): Promise<void> {
    switch (next.type) {
      case 'change':
        this.#view.watch()
        await this.#changes.wait(next.withinMs, this.#options.ending)
        // Somebody else's Secret may have come; the one that was made here changes only by a person's hand.
        if (this.#credentials?.state !== 'complete' || this.#credentials.source === 'existing')
          this.#credentials = undefined
        return
      case 'after':
        this.#view.watch()
        await this.#pause(next.delayMs)
        this.#credentials = undefined
        return
      case 'now':
      case 'done':
      case 'paused':
      case 'stalled':
        return
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const { ending } = this.#options
    await delay(milliseconds, undefined, { signal: ending }).catch(ignoreAbort(ending))
  }
}

/** A wait that is cut short is over; what follows looks at the signals itself. */
function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error
  }
}
