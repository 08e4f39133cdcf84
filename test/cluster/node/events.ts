/** Kubernetes Events of the node's doings: few, and repeated ones counted instead of written again. */
import type { ApiClient, ApiObject } from '../api-client.ts'
import { timestamp } from './objects.ts'

interface Recorded {
  readonly name: Promise<string | undefined>
  count: number
  lastWrittenMs: number
}

/** The count of a repeating event is brought up to date this often. */
const repeatIntervalMs = 1000

/** Writes events in the background; what cannot be written (the namespace is being deleted) is dropped. */
export class EventRecorder {
  readonly #api: ApiClient
  readonly #component: string
  readonly #host: string
  readonly #recorded = new Map<string, Recorded>()
  readonly #pending = new Set<Promise<void>>()

  constructor(api: ApiClient, component: string, host: string) {
    this.#api = api
    this.#component = component
    this.#host = host
  }

  /** Records that something happened to `object`; `fieldPath` names the part, as in `spec.containers{postgres}`. */
  record(object: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const key = [object.metadata.uid, reason, fieldPath, message].join('\n')
    const known = this.#recorded.get(key)
    if (known === undefined) {
      const name = this.#create(object, { type, reason, message, ...(fieldPath !== undefined && { fieldPath }) })
      this.#recorded.set(key, { name, count: 1, lastWrittenMs: Date.now() })
      this.#track(name.then(() => undefined))
      return
    }
    known.count++
    if (Date.now() - known.lastWrittenMs < repeatIntervalMs) return
    known.lastWrittenMs = Date.now()
    this.#track(this.#repeat(object, known))
  }

  /** Forgets what happened to an object that is gone. */
  forget(uid: string): void {
    for (const key of this.#recorded.keys()) if (key.startsWith(`${uid}\n`)) this.#recorded.delete(key)
  }

  /** Waits for the events under way. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #track(work: Promise<void>): void {
    this.#pending.add(work)
    void work.finally(() => this.#pending.delete(work))
  }

  async #repeat(object: ApiObject, recorded: Recorded): Promise<void> {
    const name = await recorded.name
    if (name === undefined) return
    const patch = { count: recorded.count, lastTimestamp: timestamp() }
    await this.#api.merge(`${eventsPath(object)}/${name}`, patch).catch(() => undefined)
  }

  async #create(
    object: ApiObject,
    what: { type: string; reason: string; message: string; fieldPath?: string },
  ): Promise<string | undefined> {
    const now = timestamp()
    const { name, namespace, uid, resourceVersion } = object.metadata
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name}.`, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: object.apiVersion ?? 'v1',
        kind: object.kind,
        name,
        namespace,
        uid,
        resourceVersion,
        fieldPath: what.fieldPath,
      },
      type: what.type,
      reason: what.reason,
      // The API server refuses longer ones.
      message: what.message.slice(0, 1024),
      source: { component: this.#component, host: this.#host },
      reportingComponent: this.#component,
      reportingInstance: this.#host,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    }
    try {
      return (await this.#api.create<ApiObject>(eventsPath(object), event)).metadata.name
    } catch {
      // An event is a courtesy; the namespace is gone or going.
      return undefined
    }
  }
}

const eventsPath = (object: ApiObject): string => `/api/v1/namespaces/${object.metadata.namespace ?? 'default'}/events`
