import type { Database } from '../api/database.ts'
import { RECONCILE_ANNOTATION } from '../api/group.ts'
import type { KubernetesObject } from '../api/object.ts'
import { checkDatabase } from '../api/parameter-check.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { childObservation } from '../applier/databases/child-observation.ts'
import { describeError } from '../applier/databases/failure.ts'
import { DatabaseChangedError, DatabaseGoneError } from '../applier/databases/observation.ts'
import type { PlannedItem } from '../applier/planning/planned-item.ts'
import { isNotFound } from '../cluster/error-guards.ts'
import { isAttempt } from '../phases/circuit.ts'
import type { Next } from '../phases/decision.ts'
import type { SurplusObservation } from '../phases/world.ts'
import { cleanUp, hold, isHeld, isNamespaceGoing, release } from './deletion.ts'
import { judgeChildren } from './desired-children.ts'
import type { FleetView } from './fleet-view.ts'
import { tellInvalidSpec } from './invalid-spec.ts'
import { KnownDatabases } from './known-databases.ts'
import type { KnownDatabase } from './known-databases.ts'
import type { ReconcilerOptions } from './reconciler-options.ts'
import { specChangeOf } from './spec-change.ts'
import { findSurplus } from './surplus-children.ts'
import { keepSnapshots } from './volume-snapshots.ts'
import { tellUnseen } from './tell-unseen.ts'

/** When a database is to be looked at again; `undefined`: when something changes. */
export type Requeue = { readonly afterMs: number } | undefined

/** Passes in one go; a database that still is not through lets others take their turn. */
const PASSES_IN_A_ROW = 12

/** So many looks in a row may fail for a reason that is known to pass before the status tells of it. */
const UNTOLD_FAILURES = 2

/** A finalizer that waits for pods looks again so often at least, in milliseconds. */
const CLEAN_UP_POLL_MS = 5000

/**
 * Brings one database a step nearer to what its spec asks for, from whatever state it is in: the same passes that the
 * applier makes, begun by what the watches tell.
 *
 * Safety: one call per key at a time; the caller sees to that.
 */
export class Reconciler {
  readonly #api: ClusterApi
  readonly #view: FleetView
  readonly #options: ReconcilerOptions
  readonly #known: KnownDatabases
  /** How often in a row a look at a database ended with an error. */
  readonly #failures = new Map<string, number>()

  constructor(api: ClusterApi, view: FleetView, options: ReconcilerOptions) {
    this.#api = api
    this.#view = view
    this.#options = options
    this.#known = new KnownDatabases(api, view, options)
  }

  /** Looks at one database. @throws errors of the API: the caller comes again, later each time */
  async reconcile(key: string): Promise<Requeue> {
    const live = this.#view.objectsOf(key).database
    if (live === undefined) {
      this.#failures.delete(key)
      this.#known.forget(key)
      this.#options.onGone(key)
      return undefined
    }
    const { status } = live as Partial<Database>
    if (status !== undefined) this.#options.onStatus?.(key, status)
    try {
      const requeue = await this.#look(key, live)
      this.#failures.delete(key)
      return requeue
    } catch (error) {
      // It went while it was being looked at; the watch is about to say so.
      if (error instanceof DatabaseGoneError || (isNotFound(error) && this.#isGone(key))) return undefined
      if (error instanceof DatabaseChangedError) return { afterMs: 0 }
      await this.#tellFailure(key, error)
      throw error
    }
  }

  async #look(key: string, live: KubernetesObject): Promise<Requeue> {
    const isGoing = live.metadata.deletionTimestamp !== undefined
    // Looked for first: what else must be seen and done for a deletion may be forbidden already.
    if (isGoing && isHeld(live) && (await isNamespaceGoing(this.#api, live))) {
      await release(this.#api, this.#view, live)
      return undefined
    }
    const missing = this.#options.missingIn?.(live.metadata.namespace ?? '')
    if (missing !== undefined) {
      await tellUnseen(this.#api, this.#view, live, missing, this.#options.now)
      return undefined
    }
    const validation = checkDatabase(live)
    if (isGoing) return this.#cleanUp(key, live, validation.ok ? validation.database : undefined)
    if (validation.ok) return this.#bringOn(key, live, validation.database)
    await tellInvalidSpec(this.#api, this.#view, live, validation.issues, this.#options.now)
    return undefined
  }

  /** What kept a look from being taken stands in the status, unless it is likely to pass before anybody reads it. */
  async #tellFailure(key: string, error: unknown): Promise<void> {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    const { database } = this.#view.objectsOf(key)
    const failure = describeError(error)
    if (database === undefined || this.#options.stop.aborted) return
    if (failure.class === 'transient' && failures <= UNTOLD_FAILURES) return
    const cause = { reason: failure.reason, message: failure.message }
    // Where that cannot be written either, the caller tells of what came first.
    await tellUnseen(this.#api, this.#view, database, cause, this.#options.now).catch(() => undefined)
  }

  async #bringOn(key: string, live: KubernetesObject, database: Database): Promise<Requeue> {
    const known = await this.#known.of(key, database)
    if (database.spec.paused !== true) await hold(this.#api, this.#view, live)
    let hasAsked = database.status !== undefined
    const { planned, surplus } = await this.#judge(known, database, hasAsked)
    if (isNewSpec(database) && known.desired.children.length > 0)
      this.#options.onSpecChange?.(key, specChangeOf(planned, surplus), live)
    const asked = database.metadata.annotations?.[RECONCILE_ANNOTATION]
    let isFirst = asked !== known.asked
    known.asked = asked
    // Of a database that starts something is told every moment, and its login reads the password itself.
    if (isFirst || database.status?.phase === 'Ready') known.pass.secrets.forget()
    else known.pass.secrets.doubt()
    const pods = isFirst ? this.#view.objectsOf(key).pods.flatMap(({ metadata }) => metadata.uid ?? []) : []
    for (let passes = 0; passes < PASSES_IN_A_ROW; passes += 1) {
      if (this.#options.stop.aborted) return undefined
      known.pass.knowCircuit(isFirst ? undefined : known.breaker.observed())
      const result = await known.pass.decide(database, { pods, isFirst })
      const isForced = isFirst
      isFirst = false
      if (result === undefined) continue
      const { decision } = result
      const heldMs = isAttempt(decision) ? known.breaker.holds(isForced) : undefined
      if (heldMs !== undefined) return { afterMs: heldMs }
      known.breaker.after(await known.pass.perform(result))
      if (!hasAsked && known.pass.forgetConflict()) {
        hasAsked = true
        await this.#judge(known, database, hasAsked)
        continue
      }
      if (decision.next.type === 'done' && database.spec.backup?.volumeSnapshot !== undefined)
        return this.#keepSnapshots(known, database)
      if (decision.next.type !== 'now') return requeueOf(decision.next)
    }
    return { afterMs: 0 }
  }

  /** Finds out what applying the children would do and which are to go, and says it to the pass. */
  async #judge({ desired, pass }: KnownDatabase, database: Database, asks: boolean): Promise<Judgement> {
    const planned = await judgeChildren(this.#api, this.#view, database, desired, asks)
    const { name, uid = '' } = database.metadata
    const surplus = await findSurplus(this.#api, this.#view, database, desired)
    pass.want(
      planned.map((child) => childObservation(child, name, uid)),
      surplus,
    )
    return { planned, surplus }
  }

  /** Looks after the snapshots of a database that is Ready; what is new about them is shown in its status. */
  async #keepSnapshots(known: KnownDatabase, database: Database): Promise<Requeue> {
    if (this.#options.stop.aborted) return undefined
    const { observation, nextMs } = await keepSnapshots(this.#api, database, this.#options.now())
    if (known.pass.knowSnapshots(observation)) await known.pass.decide(database)
    return { afterMs: nextMs }
  }

  /** @param valid the Database; absent where its spec is none: then everything that can be kept is kept */
  async #cleanUp(key: string, live: KubernetesObject, valid: Database | undefined): Promise<Requeue> {
    if (!isHeld(live)) return undefined
    const known = valid === undefined ? undefined : await this.#known.of(key, valid)
    if (valid !== undefined) await known?.pass.decide(valid)
    const shown = this.#view.objectsOf(key).database ?? live
    const isDone = await cleanUp(this.#api, this.#view, shown, {
      withData: valid?.spec.deletionPolicy === 'Delete',
      credentials: known?.desired.credentials,
    })
    return isDone ? undefined : { afterMs: CLEAN_UP_POLL_MS }
  }

  #isGone(key: string): boolean {
    const { database } = this.#view.objectsOf(key)
    return database === undefined || database.metadata.deletionTimestamp !== undefined
  }
}

/** What is to be done about the children of a database. */
interface Judgement {
  readonly planned: readonly PlannedItem[]
  readonly surplus: readonly SurplusObservation[]
}

/** Whether the status speaks of an earlier spec. */
function isNewSpec({ metadata: { generation = 0 }, status }: Database): boolean {
  return status?.observedGeneration !== undefined && status.observedGeneration < generation
}

function requeueOf(next: Next): Requeue {
  if (next.type === 'change') return { afterMs: next.withinMs }
  if (next.type === 'done') return next.lookAgainMs === undefined ? undefined : { afterMs: next.lookAgainMs }
  return next.type === 'after' ? { afterMs: next.delayMs } : undefined
}
