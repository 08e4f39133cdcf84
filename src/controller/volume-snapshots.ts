import type { Database } from '../api/database.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import { backupLabels } from '../api/labels.ts'
import { derivedNames, podName } from '../api/names.ts'
import { referenceOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { isKindNotServed } from '../cluster/error-guards.ts'
import type { SnapshotObservation } from '../phases/world.ts'
import { lastScheduled, nextScheduled } from './cron-schedule.ts'

const API_VERSION = 'snapshot.storage.k8s.io/v1'
const KIND = 'VolumeSnapshot'
const COMPONENT = { 'app.kubernetes.io/component': 'snapshot' } as const

/** Usable snapshots that are kept where the spec does not say. */
const DEFAULT_RETAIN = 3

/** How soon a snapshot that is not usable yet is looked at again, in milliseconds: no watch tells of it. */
const UNREADY_MS = 30_000

/** A snapshot that is still not usable after this time, in milliseconds, is not waited for any more. */
const PATIENCE_MS = 3_600_000

/** Longest pause, in milliseconds: clocks and time zones change. */
const LONGEST_PAUSE_MS = 3_600_000

/** What came of a look at the snapshots of a database. */
export interface KeptSnapshots {
  readonly observation: SnapshotObservation
  /** When to look again. */
  readonly nextMs: number
}

interface SnapshotStatus {
  readonly readyToUse?: boolean
  readonly creationTime?: string
  readonly error?: { readonly message?: string }
}

const statusOf = (snapshot: KubernetesObject): SnapshotStatus =>
  (snapshot['status'] as SnapshotStatus | undefined) ?? {}
const takenAt = (snapshot: KubernetesObject): string =>
  statusOf(snapshot).creationTime ?? snapshot.metadata.creationTimestamp ?? ''
const isUsable = (snapshot: KubernetesObject): boolean => statusOf(snapshot).readyToUse === true

/**
 * Takes a snapshot of the data volume where one is due, and lets old ones go: those beyond `retain`, and those that never
 * became usable and are older than the newest that did. The newest usable one is never deleted.
 *
 * A snapshot is named after the moment for which it was due, so that a kill anywhere, or two looks, make one. The first is taken
 * when the database is Ready for the first time. Whether the class exists is not asked: classes are of the whole
 * cluster, and the snapshot itself says so.
 *
 * Safety: called for a database that is Ready; owns nothing, so that a deleted Database takes no snapshot along.
 */
export async function keepSnapshots(api: ClusterApi, database: Database, nowMs: number): Promise<KeptSnapshots> {
  const wanted = database.spec.backup?.volumeSnapshot
  if (wanted === undefined) return { observation: {}, nextMs: LONGEST_PAUSE_MS }
  const { name, namespace = 'default' } = database.metadata
  const labels = { ...backupLabels(name), ...COMPONENT }
  const zone = database.spec.backup?.timeZone ?? 'Etc/UTC'
  const due = scheduled(() => [
    lastScheduled(wanted.schedule, zone, nowMs),
    nextScheduled(wanted.schedule, zone, nowMs),
  ])
  if (due === undefined) return troubled('TimeZoneUnknown', `backup.timeZone ${zone} is not known here.`)
  const [lastMs, nextMs = nowMs + LONGEST_PAUSE_MS] = due
  try {
    const labelSelector = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/component']
      .map((key) => `${key}=${(labels as Record<string, string>)[key]}`)
      .join(',')
    const existing = await api.list({ apiVersion: API_VERSION, kind: KIND, namespace, labelSelector })
    const snapshots = [...existing].toSorted((left, right) => (takenAt(left) < takenAt(right) ? -1 : 1))
    const isSuspended = database.spec.backup?.suspend === true
    const dueName = lastMs === undefined ? undefined : nameOf(name, lastMs)
    if (dueName !== undefined && !isSuspended && !snapshots.some(({ metadata }) => metadata.name === dueName)) {
      snapshots.push(await take(api, database, dueName, labels, wanted.className))
    }
    await letGo(api, snapshots, wanted.retain ?? DEFAULT_RETAIN)
    return { observation: observed(snapshots), nextMs: untilNext(snapshots.at(-1), nextMs, nowMs) }
  } catch (error) {
    if (!isKindNotServed(error)) throw error
    return troubled(
      'SnapshotsNotServed',
      'The cluster knows no VolumeSnapshot: install the snapshot controller and its definitions, or remove backup.volumeSnapshot.',
    )
  }
}

function troubled(reason: string, message: string): KeptSnapshots {
  return { observation: { trouble: { reason, message } }, nextMs: LONGEST_PAUSE_MS }
}

function scheduled<Value>(compute: () => Value): Value | undefined {
  try {
    return compute()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function nameOf(name: string, momentMs: number): string {
  const stamp = new Date(momentMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase()
  return `${name}-${stamp}z`
}

function take(
  api: ClusterApi,
  { metadata: { name, namespace = 'default' }, spec }: Database,
  snapshotName: string,
  labels: Readonly<Record<string, string>>,
  className: string,
): Promise<KubernetesObject> {
  const template = spec.storage.claimTemplate ?? derivedNames(name).claimTemplate
  const snapshot = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: snapshotName, namespace, labels: { ...labels } },
    spec: {
      volumeSnapshotClassName: className,
      source: { persistentVolumeClaimName: `${template}-${podName(name, 0)}` },
    },
  }
  return api.apply(snapshot, { manager: FIELD_MANAGER, force: false })
}

async function letGo(api: ClusterApi, snapshots: readonly KubernetesObject[], retain: number): Promise<void> {
  const usable = snapshots.filter(isUsable)
  const newest = usable.at(-1)
  if (newest === undefined) return
  const kept = new Set(usable.slice(-Math.max(retain, 1)))
  const isOld = (snapshot: KubernetesObject): boolean =>
    isUsable(snapshot) ? !kept.has(snapshot) : takenAt(snapshot) < takenAt(newest)
  for (const snapshot of snapshots.filter(isOld)) {
    const { uid, deletionTimestamp } = snapshot.metadata
    if (uid !== undefined && deletionTimestamp === undefined) await api.delete(referenceOf(snapshot), uid)
  }
}

function observed(snapshots: readonly KubernetesObject[]): SnapshotObservation {
  const [newest, usable] = [snapshots.at(-1), snapshots.findLast(isUsable)]
  const error = newest === undefined || isUsable(newest) ? undefined : statusOf(newest).error
  return {
    ...(usable === undefined ? {} : { lastReady: takenAt(usable) }),
    ...(newest === undefined || error === undefined
      ? {}
      : {
          trouble: {
            reason: 'SnapshotFailed',
            message: `VolumeSnapshot ${newest.metadata.name} failed: ${error.message ?? 'without a word'}.`,
          },
        }),
  }
}

function untilNext(newest: KubernetesObject | undefined, nextMs: number, nowMs: number): number {
  const isAwaited =
    newest !== undefined &&
    !isUsable(newest) &&
    nowMs - Date.parse(newest.metadata.creationTimestamp ?? '') < PATIENCE_MS
  const pauseMs = Math.min(Math.max(nextMs - nowMs, 1000), LONGEST_PAUSE_MS)
  return isAwaited ? Math.min(UNREADY_MS, pauseMs) : pauseMs
}
