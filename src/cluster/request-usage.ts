import type { RequestTarget } from './errors.ts'

/** What the requests of one verb on one resource cost. */
export interface UsageEntry {
  readonly verb: string
  readonly resource: string
  /** Requests sent, every attempt of a retried one included. */
  readonly requests: number
  readonly bytesSent: number
  /** Body bytes as they came over the wire. */
  readonly bytesReceived: number
}

/** Counts requests for the budget line of a run. */
export class RequestUsage {
  readonly #entries = new Map<string, UsageEntry>()

  add(target: RequestTarget, bytesSent: number, bytesReceived: number, requests = 1): void {
    const { verb, resource } = target
    const key = `${verb} ${resource}`
    const before = this.#entries.get(key) ?? { verb, resource, requests: 0, bytesSent: 0, bytesReceived: 0 }
    this.#entries.set(key, {
      verb,
      resource,
      requests: before.requests + requests,
      bytesSent: before.bytesSent + bytesSent,
      bytesReceived: before.bytesReceived + bytesReceived,
    })
  }

  /** A copy, sorted by verb and resource. */
  entries(): readonly UsageEntry[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  }
}
