import type { KubernetesObject } from '../../api/object.ts'
import type { ClusterApi } from './cluster-api.ts'

/** How long a reading serves everybody, in milliseconds: a thousand waiting databases ask for the same events. */
const FRESH_MS = 500

/** A namespace, or all of them. */
interface Scope {
  readonly namespace: string | undefined
}

/** Warning events of the namespaces of a run, read at most twice a second however many ask. */
export class WarningEvents {
  readonly #api: Pick<ClusterApi, 'list'>
  readonly #scopes: () => readonly Scope[]
  readonly #now: () => number
  #read: Promise<ReadonlyMap<string, readonly KubernetesObject[]>> | undefined
  #readAt = 0

  constructor(api: Pick<ClusterApi, 'list'>, scopes: () => readonly Scope[], now: () => number) {
    this.#api = api
    this.#scopes = scopes
    this.#now = now
  }

  /** The warnings about a database, its pods and claims. */
  async of(key: string): Promise<readonly KubernetesObject[]> {
    const now = this.#now()
    if (this.#read === undefined || now - this.#readAt > FRESH_MS) {
      this.#readAt = now
      this.#read = this.#readAll()
    }
    try {
      return (await this.#read).get(key) ?? []
    } catch (error) {
      this.#read = undefined
      throw error
    }
  }

  async #readAll(): Promise<ReadonlyMap<string, readonly KubernetesObject[]>> {
    const byDatabase = new Map<string, KubernetesObject[]>()
    const reads = this.#scopes().map(({ namespace }) =>
      this.#api.list({
        apiVersion: 'v1',
        kind: 'Event',
        fieldSelector: 'type=Warning',
        ...(namespace === undefined ? {} : { namespace }),
      }),
    )
    for (const event of (await Promise.all(reads)).flat()) {
      for (const name of databasesOf(event)) {
        const key = `${event.metadata.namespace ?? ''}/${name}`
        const known = byDatabase.get(key)
        if (known === undefined) byDatabase.set(key, [event])
        else known.push(event)
      }
    }
    return byDatabase
  }
}

/** Names that the database behind an event may have: of the object itself, of its pod `NAME-0`, of its claim `data-NAME-0`. */
function databasesOf(event: KubernetesObject): ReadonlySet<string> {
  const name = (event['involvedObject'] as { name?: string } | undefined)?.name ?? ''
  const names = [name, name.replace(/-\d+$/, '')]
  return new Set([...names, ...names.map((text) => text.replace(/^data-/, ''))])
}
