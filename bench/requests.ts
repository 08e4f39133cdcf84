/** What a program asked of the API server, from the server's own record. */
import { open } from 'node:fs/promises'
import { isStoredWrite, isWrite } from '../test/cluster/audit-log.ts'
import type { AuditEvent } from '../test/cluster/audit-log.ts'

/** Requests of one run. */
export interface RequestCounts {
  /** By verb: get, list, watch, create, patch, … */
  readonly verbs: Readonly<Record<string, number>>
  /** By verb and resource: `list pods`; requests that are about no resource are `get discovery`. */
  readonly resources: Readonly<Record<string, number>>
  /** Writes that stored something. */
  readonly writes: number
  /** Those among them that wrote a status. */
  readonly statusWrites: number
  readonly dryRuns: number
  readonly total: number
}

/** Reads an audit log bit by bit and keeps only counts: a log of a thousand databases does not fit into memory twice. */
export class RequestCounter {
  readonly #file: string
  #offset = 0

  constructor(auditLog: string) {
    this.#file = auditLog
  }

  /** Forgets everything so far. */
  async skip(): Promise<void> {
    await this.take(() => false)
  }

  /** Counts the requests since the last call that are chosen. */
  async take(chosen: (event: AuditEvent) => boolean): Promise<RequestCounts> {
    return countRequests(await this.events(chosen))
  }

  /** The requests since the last call that are chosen, in the order of the record. */
  async events(chosen: (event: AuditEvent) => boolean): Promise<readonly AuditEvent[]> {
    const events: AuditEvent[] = []
    const file = await open(this.#file)
    const chunk = Buffer.alloc(4 * 1024 * 1024)
    let rest = Buffer.alloc(0)
    try {
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#offset + rest.length)
        if (bytesRead === 0) break
        const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
        const end = bytes.lastIndexOf(0x0a) + 1
        for (const line of bytes.toString('utf8', 0, end).split('\n')) {
          if (line === '') continue
          const event: AuditEvent = JSON.parse(line)
          if (chosen(event)) events.push(event)
        }
        this.#offset += end
        rest = Buffer.from(bytes.subarray(end))
      }
    } finally {
      await file.close()
    }
    return events
  }
}

/** Counts events. */
export function countRequests(events: readonly AuditEvent[]): RequestCounts {
  const verbs: Record<string, number> = {}
  const resources: Record<string, number> = {}
  for (const { verb, objectRef } of events) {
    verbs[verb] = (verbs[verb] ?? 0) + 1
    const { resource = 'discovery', subresource } = objectRef ?? {}
    const key = `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`
    resources[key] = (resources[key] ?? 0) + 1
  }
  const dryRuns = events.filter((event) => isWrite(event) && event.requestURI.includes('dryRun=All')).length
  const stored = events.filter(isStoredWrite)
  const statusWrites = stored.filter(({ objectRef }) => objectRef?.subresource === 'status').length
  return { verbs, resources, writes: stored.length, statusWrites, dryRuns, total: events.length }
}
