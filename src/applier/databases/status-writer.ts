import { STATUS_FIELD_MANAGER } from '../../api/group.ts'
import type { Database } from '../../api/database.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { DatabaseStatus } from '../../api/status.ts'
import { isConflict } from '../../cluster/error-guards.ts'
import type { Decision } from '../../phases/decision.ts'
import { isSameJson } from '../../plan/json-equality.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { DatabaseGoneError } from './observation.ts'

/** Within one phase another reason is stored so often at most, in milliseconds, where not everything is stored. */
const SAME_PHASE_MS = 2000

/** So often somebody else may come first before a status is given up. */
const ATTEMPTS = 5

/** What writing statuses needs. */
export interface StatusOptions {
  /**
   * Whether to store every phase, also those that are left at once. Otherwise only what lasts: a phase in which the
   * database waits, and the end.
   */
  readonly storesEveryPhase: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Writes the status of one database, where it differs and is worth a write.
 *
 * Safety: each write names the version that it is about. The server takes a status for an object whatever uid is sent
 * with it, so nothing else keeps one that comes late from being stored on the next object of that name; and what is
 * stored holds no change of somebody else that the view would then have been told of by nobody.
 */
export class StatusWriter {
  readonly #api: ClusterApi
  readonly #view: DatabaseView
  readonly #options: StatusOptions
  /** Shown to the next pass, and not stored. */
  #unstored: DatabaseStatus | undefined
  #storedAt = Number.NEGATIVE_INFINITY

  constructor(api: ClusterApi, view: DatabaseView, options: StatusOptions) {
    this.#api = api
    this.#view = view
    this.#options = options
  }

  /** The resource with the status that was decided last, stored or not: the next decision goes on from it. */
  shownOn(database: Database): Database {
    return this.#unstored === undefined ? database : { ...database, status: this.#unstored }
  }

  /** Takes over a decision's status. @param before the resource as the decision saw it */
  async show(before: Database, decision: Decision): Promise<void> {
    const isNew = !isSameJson(before.status ?? {}, decision.status) || this.#unstored !== undefined
    if (!isNew) return
    const earlier = this.#unstored
    this.#unstored = decision.status
    if (!this.#lasts(before, decision)) return
    try {
      await this.flush(before)
    } catch (error) {
      // Nobody has seen it: the next decision is made as if it had not been, so that no phase is passed over.
      this.#unstored = earlier
      throw error
    }
  }

  /**
   * Stores what was shown and is not stored yet.
   * @throws DatabaseGoneError where the resource no longer exists, or is another one of the same name
   */
  async flush(database: Database): Promise<void> {
    if (this.#unstored === undefined) return
    const stored = await this.#store(database, this.#unstored)
    this.#unstored = undefined
    this.#storedAt = this.#options.now()
    this.#view.store(stored)
  }

  async #store({ apiVersion, kind, metadata }: Database, status: DatabaseStatus): Promise<KubernetesObject> {
    const { name, namespace, uid } = metadata
    let version = metadata.resourceVersion
    for (let attempt = 1; ; attempt += 1) {
      const identity = {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(version === undefined ? {} : { resourceVersion: version }),
      }
      try {
        // Status has one owner by contract, whoever runs the phases: taking it over is taking over from a former self.
        return await this.#api.apply(
          { apiVersion, kind, metadata: identity, status },
          { manager: STATUS_FIELD_MANAGER, subresource: 'status', force: true },
        )
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS) throw error
        const live = await this.#api.get(referenceOf({ apiVersion, kind, metadata }))
        if (live === undefined || live.metadata.uid !== uid) throw new DatabaseGoneError(`${namespace}/${name}`)
        this.#view.learn(live)
        version = live.metadata.resourceVersion
      }
    }
  }

  /** Whether a status is worth a write: it is not left at once, and the same phase was not stored a moment ago. */
  #lasts(before: Database, { next, status }: Decision): boolean {
    const isSamePhase = before.status?.phase === status.phase
    // Another step within a phase that is left at once: nobody could read it.
    if (this.#options.storesEveryPhase) return next.type !== 'now' || !isSamePhase
    if (next.type === 'now') return false
    return next.type !== 'change' || !isSamePhase || this.#options.now() - this.#storedAt >= SAME_PHASE_MS
  }
}
