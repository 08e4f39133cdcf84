import type { ObjectReference } from '../../api/object.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import type { KnownDocument } from '../../manifests/document.ts'
import { findCondition } from '../../phases/conditions.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { isLater } from '../cluster/database-objects.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import type { DatabaseOutcome } from '../databases/outcome.ts'
import type { PlannedItem } from '../planning/planned-item.ts'
import type { PlannedDatabase, PlannedSet } from '../planning/planned-set.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from '../set/apply-set.ts'
import { stateOf } from '../cluster/object-state.ts'
import { belongingOf, fingerprintOf, isKnownByItsObjects, partsOf } from './fingerprint.ts'
import { ListedStates } from './listed-states.ts'
import type { SettledMemory, SettledRecord, SettledRecords } from '../planning/settled-record.ts'

/** So long a record is believed, in milliseconds: once a day every database is looked at in full. */
const BELIEVED_MS = 24 * 60 * 60 * 1000

/** Of so many of the databases something must be known; otherwise looking for the few costs more than it saves. */
const WORTH_LOOKING = 0.5

/** How records are made and believed. */
export interface SettledOptions {
  /** Whether readiness must rest on a login. */
  readonly verified: boolean
  readonly now: () => number
}

/**
 * Databases that an earlier run found ready with nothing to do, and of which nothing was written since: neither an
 * object, pod or claim in the cluster, nor a line of the manifests. What was decided from the same objects then would be
 * decided again, so they are neither read nor judged.
 *
 * Workflow: `recall` before planning, `note` after it, `keep` for each database that ends, `store` at the end.
 */
export class SettledDatabases {
  readonly #memory: SettledMemory
  readonly #options: SettledOptions
  readonly #known: SettledRecords | undefined
  readonly #judged = new Map<string, string>()
  readonly #records = new Map<string, SettledRecord>()
  #revision: string

  constructor(memory: SettledMemory, options: SettledOptions) {
    this.#memory = memory
    this.#options = options
    this.#known = memory.load()
    this.#revision = this.#known?.revision ?? '0'
  }

  /**
   * Finds those that are as they were. Reads metadata only; what may not be read is left to planning.
   * @param otherSet tells which other apply set knows an object: then it is judged anew
   */
  async recall(
    api: ClusterApi,
    { databases }: ApplySet,
    otherSet: (reference: ObjectReference) => string | undefined,
  ): Promise<ReadonlyMap<DatabaseItem, PlannedDatabase>> {
    const settled = new Map<DatabaseItem, PlannedDatabase>()
    const candidates = databases.filter((item) => this.#recordOf(item) !== undefined)
    if (candidates.length < databases.length * WORTH_LOOKING || candidates.length === 0) return settled
    const listed = await readIfAllowed(api, candidates)
    // A server that was set back to an earlier state gives the same versions to other states.
    if (listed === undefined || isLater(this.#revision, listed.revision)) return settled
    this.#revision = listed.revision
    for (const item of candidates) {
      const record = this.#recordOf(item)
      const found = fingerprintOf(item, (reference) => listed.at(reference), listed.belongingsOf(item.key))
      if (record === undefined || found !== record.fingerprint) continue
      if (partsOf(item).some(({ reference }) => otherSet(reference) !== undefined)) continue
      this.#records.set(item.key, record)
      settled.set(item, asPlanned(item, record, listed))
    }
    return settled
  }

  /** Takes down what was judged. To be called before anything is written or watched. */
  note({ databases }: PlannedSet, view: DatabaseView): void {
    for (const planned of databases) {
      if (planned.settled !== undefined || !hasNothingToDo(planned) || !isKnownByItsObjects(planned.item)) continue
      const states = statesOf(planned)
      for (const state of states.values()) this.#see(state)
      const { pods, claims } = view.objectsOf(planned.item.key)
      const belongings = [...pods, ...claims].map(belongingOf)
      const stateAt = (reference: ObjectReference): string | undefined => states.get(reference)
      const fingerprint = fingerprintOf(planned.item, stateAt, belongings)
      if (fingerprint !== undefined) this.#judged.set(planned.item.key, fingerprint)
    }
  }

  /**
   * Takes down how a database ended. Where the run has written something of it, the states that were noted never come
   * again, and neither does the fingerprint.
   */
  keep(item: DatabaseItem, outcome: DatabaseOutcome): void {
    const fingerprint = this.#judged.get(item.key)
    if (outcome.type !== 'ready' || fingerprint === undefined) return
    const { status } = outcome
    const isVerified = outcome.verification !== 'none'
    if (isVerified !== this.#options.verified || findCondition(status.conditions, 'Degraded')?.status === 'True') return
    const { endpoint = '', secretName = '' } = status
    const documents = documentsOf(item)
    const at = this.#options.now()
    this.#records.set(item.key, { fingerprint, at, verified: isVerified, endpoint, secretName, documents })
  }

  /** Leaves for the next run what this one knows. @param set all databases of this run: of others, what is known stays */
  store({ databases }: ApplySet): void {
    const own = new Set(databases.map(({ key }) => key))
    const others = [...(this.#known?.databases ?? [])].filter(([key, { at }]) => !own.has(key) && this.#isBelieved(at))
    this.#memory.store({ revision: this.#revision, databases: new Map([...others, ...this.#records]) })
  }

  #recordOf(item: DatabaseItem): SettledRecord | undefined {
    const record = this.#known?.databases.get(item.key)
    const isUsable = record !== undefined && record.verified === this.#options.verified && this.#isBelieved(record.at)
    return isUsable ? record : undefined
  }

  #isBelieved(at: number): boolean {
    const age = this.#options.now() - at
    return age >= 0 && age < BELIEVED_MS
  }

  #see(state: string): void {
    const version = state.slice(state.indexOf(' ') + 1)
    if (isLater(version, this.#revision)) this.#revision = version
  }
}

async function readIfAllowed(api: ClusterApi, databases: readonly DatabaseItem[]): Promise<ListedStates | undefined> {
  try {
    return await ListedStates.read(api, databases)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

/** What the next run need not read. */
function documentsOf(item: DatabaseItem): Record<string, KnownDocument> {
  const known = partsOf(item).flatMap(({ text }) => {
    if (text === undefined) return []
    const { digest, ...document } = text
    return [[digest, document] as const]
  })
  return Object.fromEntries(known)
}

function hasNothingToDo({ resource, children, claims, surplus, credentials }: PlannedDatabase): boolean {
  return (
    credentials === 'keep' &&
    claims.length === 0 &&
    surplus.length === 0 &&
    [resource, ...children].every(({ verdict, refusal }) => verdict === 'unchanged' && refusal === undefined)
  )
}

function statesOf({ item, resource, children, secretState }: PlannedDatabase): Map<ObjectReference, string> {
  const states = new Map<ObjectReference, string>()
  for (const { item: part, live } of [resource, ...children]) {
    const state = live === undefined ? undefined : stateOf(live)
    if (state !== undefined) states.set(part.reference, state)
  }
  if (item.credentials !== undefined && secretState !== undefined) states.set(item.credentials.reference, secretState)
  return states
}

function asPlanned(item: DatabaseItem, record: SettledRecord, listed: ListedStates): PlannedDatabase {
  const { resource, children, credentials } = item
  const state = credentials === undefined ? undefined : listed.at(credentials.reference)
  return {
    item,
    resource: unchanged(resource, listed),
    children: children.map((child) => unchanged(child, listed)),
    claims: [],
    surplus: [],
    credentials: 'keep',
    ...(state === undefined ? {} : { secretState: state }),
    settled: record,
  }
}

function unchanged(item: ApplyItem, listed: ListedStates): PlannedItem {
  const { apiVersion, kind, name, namespace } = item.reference
  const [uid = '', resourceVersion = ''] = listed.at(item.reference)?.split(' ') ?? []
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion }
  const live = { apiVersion, kind, metadata }
  return {
    item,
    get body() {
      return item.object
    },
    live,
    verdict: 'unchanged',
    proof: 'remembered',
    differences: [],
  }
}
