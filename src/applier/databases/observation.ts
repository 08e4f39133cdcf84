import type { Database } from '../../api/database.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { ClaimObservation, CredentialsObservation, World } from '../../phases/world.ts'
import type { DatabaseView } from '../cluster/database-view.ts'
import { observeBackup } from './backup-observation.ts'
import { warnings } from '../cluster/event-observation.ts'

/** What is read from the cluster; the rest of a World is what the run itself knows. */
export type ClusterObservation = Pick<
  World,
  'database' | 'credentials' | 'claims' | 'backup' | 'statefulSet' | 'standbyStatefulSet' | 'pods' | 'events'
>

/** Phase of a claim that is being deleted: it goes, and the data with it, as soon as no pod uses it. */
export const TERMINATING = 'Terminating'

/**
 * What is known of one Database and everything that belongs to it.
 * @param wanted the resource with its namespace and uid, and with its generation where another one is not to be judged
 * @throws DatabaseGoneError where the resource no longer exists, or is another one of the same name
 * @throws DatabaseChangedError where it is of another generation
 */
export async function observe(
  view: DatabaseView,
  wanted: Database,
  credentials: CredentialsObservation,
  now: number,
): Promise<ClusterObservation> {
  const { name, namespace = 'default', uid, generation } = wanted.metadata
  const key = `${namespace}/${name}`
  const { database, statefulSet, standbyStatefulSet, pods, claims, cronJob, jobs } = view.objectsOf(key)
  if (database === undefined || database.metadata.uid !== uid) throw new DatabaseGoneError(key)
  if (generation !== undefined && database.metadata.generation !== generation) throw new DatabaseChangedError(key)
  return {
    database: database as unknown as Database,
    credentials,
    claims: claims.map(claimOf),
    backup: observeBackup(wanted, cronJob, jobs),
    statefulSet,
    standbyStatefulSet,
    pods,
    events: isSettled([statefulSet, standbyStatefulSet], pods) ? [] : warnings(await view.warningsOf(key), now),
  }
}

/** The Database was deleted, or deleted and made again, while it was being worked on. */
export class DatabaseGoneError extends Error {
  override readonly name = 'DatabaseGoneError'
  constructor(key: string) {
    super(`Database ${key} was deleted while it was being applied`)
  }
}

/** The spec was changed while it was being worked on: what is known of the children is about another one. */
export class DatabaseChangedError extends Error {
  override readonly name = 'DatabaseChangedError'
  constructor(key: string) {
    super(`Database ${key} was changed while it was being applied`)
  }
}

function claimOf(claim: KubernetesObject): ClaimObservation {
  const spec = claim['spec'] as { resources?: { requests?: { storage?: string } } } | undefined
  const status = claim['status'] as ClaimStatus | undefined
  const resize = (status?.conditions ?? []).findLast(({ type, status: value }) => RESIZES.has(type) && value === 'True')
  const capacity = status?.capacity?.storage
  return {
    name: claim.metadata.name,
    uid: claim.metadata.uid ?? '',
    createdAt: claim.metadata.creationTimestamp ?? '',
    phase: claim.metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : TERMINATING,
    requested: spec?.resources?.requests?.storage ?? '0',
    ...(capacity === undefined ? {} : { capacity }),
    ...(resize === undefined ? {} : { resize: { type: resize.type, message: resize.message ?? '' } }),
  }
}

interface ClaimStatus {
  readonly phase?: string
  readonly capacity?: { readonly storage?: string }
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
}

/** Conditions of a claim about its resize. */
const RESIZES: ReadonlySet<string> = new Set([
  'Resizing',
  'FileSystemResizePending',
  'ControllerResizeError',
  'NodeResizeError',
])

/** Whether nothing is left to explain: then the events need not be read. */
function isSettled(
  statefulSets: readonly (KubernetesObject | undefined)[],
  pods: readonly KubernetesObject[],
): boolean {
  const wanted = statefulSets
    .filter((statefulSet) => statefulSet !== undefined)
    .reduce((sum, { spec }) => sum + ((spec as { replicas?: number } | undefined)?.replicas ?? 1), 0)
  const ready = pods.filter((pod) => {
    const conditions =
      (pod['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  })
  return ready.length >= wanted
}
