/** The API server's own record of the requests it answered. */
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** One answered request, the part of an audit event that tests look at. */
export interface AuditEvent {
  readonly auditID: string
  readonly level: 'Metadata' | 'Request'
  /** `Panic` when the server failed while it answered. */
  readonly stage: 'ResponseComplete' | 'Panic'
  readonly requestURI: string
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string
  readonly user: { readonly username: string; readonly groups?: readonly string[] }
  readonly userAgent?: string
  /** Absent for requests that are not about a resource. */
  readonly objectRef?: {
    readonly resource?: string
    readonly namespace?: string
    readonly name?: string
    readonly apiGroup?: string
    readonly apiVersion?: string
    readonly subresource?: string
  }
  readonly responseStatus?: { readonly code?: number; readonly reason?: string; readonly message?: string }
  /** Level `Request` only: the body that was sent, for a patch exactly as it was sent. */
  readonly requestObject?: unknown
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

const writingVerbs: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

/** Whether the request was meant to change something, dry runs included. */
export function isWrite(event: AuditEvent): boolean {
  return writingVerbs.has(event.verb)
}

/** Resources whose creation stores nothing. */
const storesNothing: ReadonlySet<string> = new Set([
  'selfsubjectaccessreviews',
  'selfsubjectreviews',
  'pods/portforward',
])

/** Whether the request was meant to change what is stored: a write that is no dry run, no question and no tunnel. */
export function isStoredWrite(event: AuditEvent): boolean {
  const { resource = '', subresource } = event.objectRef ?? {}
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return isWrite(event) && !storesNothing.has(name) && !event.requestURI.includes('dryRun=All')
}

/** Reads an audit log that is still being written, each event once. */
export class AuditLog {
  readonly #file: string
  readonly #events: AuditEvent[] = []
  #offset = 0
  /** What is read first is the end of a line that was there before. */
  #isRest = false
  #reading: Promise<void> = Promise.resolve()

  /** @param from `now` leaves out what is in the file already: of a whole test run that is a lot to read */
  constructor(file: string, from: 'beginning' | 'now' = 'beginning') {
    this.#file = file
    if (from === 'beginning') return
    this.#offset = Math.max(0, (statSync(file, { throwIfNoEntry: false })?.size ?? 0) - 1)
    this.#isRest = this.#offset > 0
  }

  /** Every event so far; a line that is not complete yet is left for the next time. */
  async read(): Promise<readonly AuditEvent[]> {
    // One after the other: two at a time would take the same lines.
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#readOn())
    await this.#reading
    return [...this.#events]
  }

  async #readOn(): Promise<void> {
    const file = await open(this.#file)
    try {
      const { size } = await file.stat()
      const bytes = Buffer.alloc(size - this.#offset)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset)
      const complete = bytes.subarray(0, bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1)
      this.#offset += complete.length
      const lines = complete.toString('utf8').split('\n')
      if (this.#isRest && lines.length > 1) {
        lines.shift()
        this.#isRest = false
      }
      for (const line of lines) {
        if (line === '') continue
        const event: AuditEvent = JSON.parse(line)
        this.#events.push(event)
      }
    } finally {
      await file.close()
    }
  }
}
