import { FIELD_MANAGER } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { Semaphore } from '../../cluster/semaphore.ts'
import type { Decision } from '../../phases/decision.ts'
import { ChangeSignal } from '../cluster/change-signal.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { childObservation } from './child-observation.ts'
import { DatabasePass, pause } from './database-pass.ts'
import type { PassOptions } from './database-pass.ts'
import type { DatabaseOutcome } from './outcome.ts'
import { outcomeOf } from './outcome-of-pass.ts'
import type { OutcomeOptions } from './outcome-of-pass.ts'
import type { PlannedDatabase } from '../planning/planned-set.ts'
import { goingOf } from '../set/surplus.ts'
import { succeed } from '../succeeding.ts'

/** What a run of one database needs. */
export interface RunnerOptions extends PassOptions, OutcomeOptions {
  /** Turns of work; a database that waits takes none. */
  readonly turns: Semaphore
}

/**
 * Runs the phases for one database until it is ready, cannot become ready, or the time is over.
 *
 * Workflow: a pass, then wait for what it says; then from the start.
 */
export class DatabaseRunner {
  readonly #api: ClusterApi
  readonly #view: ClusterView
  readonly #planned: PlannedDatabase
  readonly #options: RunnerOptions
  readonly #pass: DatabasePass
  readonly #changes = new ChangeSignal()
  /** Pods that were there when this run began: a run is a person asking for an attempt now. */
  #podsBefore: readonly string[] | undefined

  constructor(api: ClusterApi, view: ClusterView, planned: PlannedDatabase, options: RunnerOptions) {
    this.#api = api
    this.#view = view
    this.#planned = planned
    this.#options = options
    this.#pass = new DatabasePass(api, view, planned.item.credentials, options)
    this.#pass.secrets.learn(planned.secret)
  }

  /** Applies the resource where it differs, then walks the phases. */
  async run(): Promise<DatabaseOutcome> {
    const { item, children, surplus } = this.#planned
    const forget = this.#view.listen(item.key, () => this.#changes.notify())
    try {
      const stored = await this.#options.turns.run(() => this.#applyResource(), this.#options.interrupt)
      const uid = stored.metadata.uid ?? ''
      this.#pass.want(
        children.map((child) => childObservation(child, stored.metadata.name, uid)),
        goingOf(surplus),
      )
      // A generation that a manifest was read with says nothing: this run goes on whoever changes the spec meanwhile.
      const { generation: _, ...metadata } = item.database.metadata
      return await this.#walk({ ...item.database, metadata: { ...metadata, uid } })
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
      const result = await this.#options.turns.run(() => this.#work(database), this.#options.interrupt, 'go-on')
      if (result.outcome !== undefined) return result.outcome
      if (result.decision !== undefined) await this.#waitFor(result.decision)
    }
  }

  /** One pass; ends with an outcome, with what to wait for, or with neither where the next one is due at once. */
  async #work(database: Database): Promise<{ readonly outcome?: DatabaseOutcome; readonly decision?: Decision }> {
    const isFirst = this.#podsBefore === undefined
    this.#podsBefore ??= this.#view.objectsOf(this.#planned.item.key).pods.flatMap(({ metadata: { uid } }) => uid ?? [])
    const result = await this.#pass.decide(database, { pods: this.#podsBefore, isFirst })
    if (result === undefined) return {}
    const { world, decision, verification } = result
    const outcome = outcomeOf(world, decision, verification, this.#options)
    if (outcome !== undefined) {
      if (outcome.type !== 'interrupted') await this.#pass.flush(world.database)
      return { outcome }
    }
    await this.#pass.perform(result)
    return { decision }
  }

  async #waitFor({ next }: Decision): Promise<void> {
    switch (next.type) {
      case 'change':
        this.#view.watch()
        await this.#changes.wait(next.withinMs, this.#options.ending)
        this.#pass.secrets.forgetForeign()
        return
      case 'after':
        this.#view.watch()
        await pause(next.delayMs, this.#options.ending)
        this.#pass.secrets.forget()
        return
      case 'now':
      case 'done':
      case 'paused':
      case 'stalled':
        return
    }
  }
}
