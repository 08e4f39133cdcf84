import type { KubernetesObject } from '../../api/object.ts'
import type { ClusterApi } from './cluster-api.ts'

/** How long a reading serves everybody at least, in milliseconds: a thousand waiting databases ask for the same events. */
const FRESH_MS = 500

/**
 * A reading serves for so many times as long as it took. The server has no index of warnings: it reads all events of a
 * namespace, and while a fleet starts they become thousands.
 */
const TIMES_ITS_COST = 20
/** No longer than that, in milliseconds: a warning may be all that explains a wait. */
const STALE_AT_MOST_MS = 10_000

/** A namespace, or all of them. */
interface Scope {
  readonly namespace: string | undefined
}

/** Warning events of the namespaces of a run, read at most twice a second, and for a twentieth of the time, however many ask. */
export class WarningEvents {
  readonly #api: Pick<ClusterApi, 'list'>
  readonly #scopes: () => readonly Scope[]
  readonly #now: () => number
  #read: Promise<ReadonlyMap<string, readonly KubernetesObject[]>> | undefined
  #staleAt = 0

  constructor(api: Pick<ClusterApi, 'list'>, scopes: () => readonly Scope[], now: () => number) {
    this.#api = api
    this.#scopes = scopes
    this.#now = now
  }

  /** The warnings about a database, its pods and claims. */
  async of(key: string): Promise<readonly KubernetesObject[]> {
    const begin = this.#now()
    if (this.#read === undefined || begin > this.#staleAt) {
      // Until it is through, everybody waits for this one.
      this.#staleAt = Number.POSITIVE_INFINITY
      this.#read = this.#readAll().finally(() => {
        const end = this.#now()
        this.#staleAt = end + Math.min(Math.max(FRESH_MS, (end - begin) * TIMES_ITS_COST), STALE_AT_MOST_MS)
      })
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
