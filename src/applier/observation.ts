import type { Database } from '../api/database.ts'
import { formatSelector, selectorLabels } from '../api/labels.ts'
import { derivedNames } from '../api/names.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ClaimObservation, CredentialsObservation, EventObservation, World } from '../phases/world.ts'
import type { ClusterApi } from './cluster-api.ts'

/** What is read from the cluster; the rest of a World is what the run itself knows. */
export type ClusterObservation = Pick<World, 'database' | 'credentials' | 'claims' | 'statefulSet' | 'pods' | 'events'>

/** Phase of a claim that is being deleted: it goes, and the data with it, as soon as no pod uses it. */
export const TERMINATING = 'Terminating'

/** Warnings older than this say nothing about now, in milliseconds. */
const EVENT_AGE_MS = 10 * 60_000

/**
 * Reads everything that belongs to one Database, in parallel.
 * @param database the resource with its namespace
 * @throws DatabaseGoneError where the resource no longer exists, or is another one of the same name
 */
export async function observe(api: ClusterApi, database: Database, now: number): Promise<ClusterObservation> {
  const { name, namespace = 'default', uid } = database.metadata
  const labelSelector = formatSelector(selectorLabels(name))
  const [resource, statefulSet, pods, claims, credentials] = await Promise.all([
    api.get({ apiVersion: database.apiVersion, kind: database.kind, namespace, name }),
    api.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: derivedNames(name).statefulSet }),
    api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }),
    api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, labelSelector }),
    observeCredentials(api, database),
  ])
  if (resource === undefined || resource.metadata.uid !== uid) throw new DatabaseGoneError(`${namespace}/${name}`)
  return {
    database: resource as unknown as Database,
    credentials,
    claims: claims.map(claimOf),
    statefulSet,
    pods,
    events: isSettled(statefulSet, pods) ? [] : await warnings(api, namespace, name, now),
  }
}

/** The Database was deleted, or deleted and made again, while it was being worked on. */
export class DatabaseGoneError extends Error {
  override readonly name = 'DatabaseGoneError'
  constructor(key: string) {
    super(`Database ${key} was deleted while it was being applied`)
  }
}

async function observeCredentials(api: ClusterApi, database: Database): Promise<CredentialsObservation> {
  const { name, namespace = 'default' } = database.metadata
  const existing = database.spec.credentials?.existingSecret
  const secretName = existing?.name ?? derivedNames(name).credentialsSecret
  const secret = await api.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: secretName })
  const source = existing === undefined ? 'generated' : 'existing'
  if (secret === undefined) return { secretName, source, state: 'absent' }
  const data = secret['data'] as Record<string, string> | undefined
  const password = data?.[existing?.passwordKey ?? 'password']
  const changedAt = (secret.metadata.managedFields ?? [])
    .map(({ time }) => time ?? '')
    .toSorted()
    .at(-1)
  return {
    secretName,
    source,
    state: password === undefined || password === '' ? 'incomplete' : 'complete',
    ...(secret.metadata.creationTimestamp === undefined ? {} : { createdAt: secret.metadata.creationTimestamp }),
    ...(changedAt === undefined || changedAt === '' ? {} : { changedAt }),
  }
}

function claimOf(claim: KubernetesObject): ClaimObservation {
  const spec = claim['spec'] as { resources?: { requests?: { storage?: string } } } | undefined
  const status = claim['status'] as { phase?: string } | undefined
  return {
    name: claim.metadata.name,
    uid: claim.metadata.uid ?? '',
    createdAt: claim.metadata.creationTimestamp ?? '',
    phase: claim.metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : TERMINATING,
    requested: spec?.resources?.requests?.storage ?? '0',
  }
}

/** Whether nothing is left to explain: then the events need not be read. */
function isSettled(statefulSet: KubernetesObject | undefined, pods: readonly KubernetesObject[]): boolean {
  if (statefulSet === undefined) return true
  const wanted = (statefulSet['spec'] as { replicas?: number } | undefined)?.replicas ?? 1
  const ready = pods.filter((pod) => {
    const conditions =
      (pod['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  })
  return ready.length >= wanted
}

async function warnings(api: ClusterApi, namespace: string, name: string, now: number): Promise<EventObservation[]> {
  const events = await api.list({ apiVersion: 'v1', kind: 'Event', namespace, fieldSelector: 'type=Warning' })
  const names = (candidate: string): boolean =>
    candidate === name || candidate.startsWith(`${name}-`) || candidate.includes(`-${name}-`)
  return events
    .map((event): EventObservation => {
      const involved = event['involvedObject'] as { kind?: string; name?: string } | undefined
      const time = [
        event['lastTimestamp'],
        event['eventTime'],
        event['firstTimestamp'],
        event.metadata.creationTimestamp,
      ].find((candidate) => typeof candidate === 'string')
      return {
        kind: involved?.kind ?? '',
        name: involved?.name ?? '',
        reason: textOf(event['reason']),
        message: textOf(event['message']),
        time: time ?? '',
      }
    })
    .filter((event) => names(event.name) && now - Date.parse(event.time) < EVENT_AGE_MS)
    .toSorted((left, right) => right.time.localeCompare(left.time))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
