import type { Database } from '../api/database.ts'
import { CHILDREN_ANNOTATION, RECONCILE_ANNOTATION } from '../api/group.ts'
import type { DatabaseStatus } from '../api/status.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { DatabasePass } from '../applier/databases/database-pass.ts'
import type { Decision } from '../phases/decision.ts'
import { Breaker } from './breaker.ts'
import type { CircuitListener } from './breaker.ts'
import { desiredChildren } from './desired-children.ts'
import type { DesiredChildren } from './desired-children.ts'
import type { FleetView } from './fleet-view.ts'
import type { ReconcilerOptions } from './reconciler-options.ts'

/** What is kept of a database between two looks at it. */
export interface KnownDatabase {
  readonly uid: string
  readonly generation: number | undefined
  /** Value of the annotation that says where its children stand: a change of it makes no new generation. */
  readonly rendered: string | undefined
  readonly desired: DesiredChildren
  readonly pass: DatabasePass
  /** Value of the annotation that asks for a look, as it was last heeded. */
  asked: string | undefined
  /** What became of logins and checks of dependencies. */
  readonly breaker: Breaker
}

/**
 * What is kept of each database between two looks at it, made anew with each spec. All of it could be found out again.
 */
export class KnownDatabases {
  readonly #api: ClusterApi
  readonly #view: FleetView
  readonly #options: ReconcilerOptions
  readonly #known = new Map<string, KnownDatabase>()

  constructor(api: ClusterApi, view: FleetView, options: ReconcilerOptions) {
    this.#api = api
    this.#view = view
    this.#options = options
  }

  /** Drops what was known of a database that is gone. */
  forget(key: string): void {
    this.#known.delete(key)
  }

  /** What is known of a database, as its spec is now. */
  async of(key: string, database: Database): Promise<KnownDatabase> {
    const { uid = '', generation } = database.metadata
    const rendered = database.metadata.annotations?.[CHILDREN_ANNOTATION]
    const before = this.#known.get(key)
    if (before?.uid === uid && before.generation === generation && before.rendered === rendered) return before
    const desired = await desiredChildren(database)
    const asked = before?.uid === uid ? before.asked : database.metadata.annotations?.[RECONCILE_ANNOTATION]
    const tell: CircuitListener = (circuit, state) => {
      const shown = this.#view.objectsOf(key).database
      if (shown !== undefined) this.#options.onCircuit(key, circuit, shown, state)
    }
    const breaker = new Breaker(generation ?? 0, before?.breaker.shown, this.#options.steadyNow, tell)
    const pass = this.#passOf(key, desired)
    const known: KnownDatabase = { uid, generation, rendered, desired, asked, pass, breaker }
    this.#known.set(key, known)
    return known
  }

  #passOf(key: string, { credentials }: DesiredChildren): DatabasePass {
    let lastReason = ''
    return new DatabasePass(this.#api, this.#view, credentials, {
      ...this.#options,
      force: true,
      isForEver: true,
      verifyUnchanged: false,
      storesEveryPhase: true,
      interrupt: this.#options.stop,
      ending: this.#options.stop,
      onApplied: (object) => {
        if (this.#isReady(key)) this.#options.onDriftCorrected(key, object)
      },
      onStatus: (before, decision) => {
        const reason = this.#tell(key, before, decision, lastReason)
        this.#options.onStatus?.(key, decision.status)
        lastReason = reason
      },
    })
  }

  #tell(key: string, before: Database, { status }: Decision, lastReason: string): string {
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    const { reason = '', message = '' } = ready ?? {}
    const [from, to] = [before.status?.phase, status.phase]
    if (to !== undefined && (from !== to || (reason !== lastReason && lastReason !== '')))
      this.#options.onTransition({ key, from, to, reason, message, database: before })
    return reason
  }

  /** Whether its status says Ready about the spec as it is: what is applied meanwhile puts something right. */
  #isReady(key: string): boolean {
    const { database } = this.#view.objectsOf(key)
    const status = database?.['status'] as DatabaseStatus | undefined
    return status?.phase === 'Ready' && status.observedGeneration === database?.metadata.generation
  }
}
