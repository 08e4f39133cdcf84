/** The same writes by bare requests: what the API server recorded of the controller's work on one database, for many. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '../src/api/object.ts'
import { isStoredWrite } from '../test/cluster/audit-log.ts'
import type { AuditEvent } from '../test/cluster/audit-log.ts'
import { REPORT_FIGURES, runChild } from './child.ts'
import type { BenchCluster } from './cluster.ts'
import { databaseFacts } from './databases.ts'
import type { FloorHead, FloorRequest } from './floor.ts'

/** One database's writes, and what of them is of that database. */
export interface RecordedWrites {
  readonly events: readonly AuditEvent[]
  readonly uid: string
}

const METHODS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT', patch: 'PATCH' }

/**
 * Sends them for so many databases, which exist, 16 in flight: first the first write of all of them, then the second.
 * Of the statuses only the first of each phase is sent: one alone shows steps that nobody shows who has many to look after.
 * @returns its time and processor time, in seconds, and the writes of each database
 */
export async function runFloor(
  cluster: BenchCluster,
  recorded: RecordedWrites,
  uids: readonly string[],
  { floor, work, signal }: { readonly floor: string; readonly work: string; readonly signal: AbortSignal },
): Promise<{ readonly seconds: number; readonly cpuSeconds: number; readonly writes: number }> {
  const { server, certificateAuthority, adminToken: token } = cluster.controlPlane
  const head: FloorHead = { server, certificateAuthority, token }
  const phases = new Set<string>()
  const writes = recorded.events.filter((event) => isStoredWrite(event) && isNewPhase(event, phases))
  const lines = writes.flatMap((event) =>
    uids.map((uid, index) => JSON.stringify(requestOf(event, recorded.uid, uid, index))),
  )
  const plan = join(work, 'send.plan')
  writeFileSync(plan, [JSON.stringify(head), ...lines].join('\n'), { mode: 0o600 })
  const command: [string, ...string[]] = [process.execPath, ...REPORT_FIGURES, floor, 'send', plan]
  const { seconds, figures } = await runChild({ command, environment: { HOME: work }, deadlineMs: 1_800_000, signal })
  return { seconds, cpuSeconds: figures.cpuSeconds, writes: writes.length }
}

/** Whether a status is the first of its phase; what is no status is always sent. */
function isNewPhase({ objectRef, requestObject }: AuditEvent, seen: Set<string>): boolean {
  if (objectRef?.subresource !== 'status') return true
  const { phase = '' } = (requestObject as { readonly status?: { readonly phase?: string } }).status ?? {}
  const isNew = !seen.has(phase)
  seen.add(phase)
  return isNew
}

/** A recorded write for another database: names and uid replaced, and nothing said of versions. */
function requestOf(event: AuditEvent, recordedUid: string, uid: string, index: number): FloorRequest {
  const [before, after] = [databaseFacts(0), databaseFacts(index)]
  const moved = (text: string): string =>
    text
      .replaceAll(before.name, after.name)
      .replaceAll(before.databaseName, after.databaseName)
      .replaceAll(recordedUid, uid)
  const body = withoutVersions(event.requestObject)
  // Only an apply names its field manager and forces; a JSON patch is a list.
  const isApply = event.verb === 'patch' && !Array.isArray(body)
  const type = event.verb !== 'patch' ? 'application/json' : isApply ? APPLY : JSON_PATCH
  return {
    method: METHODS[event.verb] ?? 'PATCH',
    path: moved(event.requestURI),
    type,
    body: moved(JSON.stringify(body)),
  }
}

const APPLY = 'application/apply-patch+yaml'
const JSON_PATCH = 'application/json-patch+json'

/** Another database's versions are not known, and its requests came in order anyway. */
function withoutVersions(body: unknown): unknown {
  if (Array.isArray(body)) {
    return (body as { readonly path: string }[]).filter(({ path }) => path !== '/metadata/resourceVersion')
  }
  const object = body as KubernetesObject
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
