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

/** A reading of one scope, and until when it serves. */
interface Reading {
  readonly events: Promise<ReadonlyMap<string, readonly KubernetesObject[]>>
  staleAt: number
}

/**
 * Warning events of the namespaces of a run, each read at most twice a second, and for a twentieth of the time, however
 * many ask. A namespace that cannot be read keeps nothing from the databases of the others.
 */
export class WarningEvents {
  readonly #api: Pick<ClusterApi, 'list'>
  readonly #scopes: () => readonly Scope[]
  readonly #now: () => number
  /** By namespace. */
  readonly #readings = new Map<string | undefined, Reading>()

  constructor(api: Pick<ClusterApi, 'list'>, scopes: () => readonly Scope[], now: () => number) {
    this.#api = api
    this.#scopes = scopes
    this.#now = now
  }

  /** The warnings about a database, its pods and claims. */
  async of(key: string): Promise<readonly KubernetesObject[]> {
    const scope = this.#scopes().find(({ namespace }) => namespace === undefined || key.startsWith(`${namespace}/`))
    return scope === undefined ? [] : ((await this.#read(scope)).get(key) ?? [])
  }

  async #read({ namespace }: Scope): Promise<ReadonlyMap<string, readonly KubernetesObject[]>> {
    const begin = this.#now()
    const known = this.#readings.get(namespace)
    if (known !== undefined && begin <= known.staleAt) return known.events
    // Until it is through, everybody waits for this one.
    const reading: Reading = { events: this.#readAll(namespace), staleAt: Number.POSITIVE_INFINITY }
    this.#readings.set(namespace, reading)
    try {
      return await reading.events
    } catch (error) {
      this.#readings.delete(namespace)
      throw error
    } finally {
      const end = this.#now()
      reading.staleAt = end + Math.min(Math.max(FRESH_MS, (end - begin) * TIMES_ITS_COST), STALE_AT_MOST_MS)
    }
  }

  async #readAll(namespace: string | undefined): Promise<ReadonlyMap<string, readonly KubernetesObject[]>> {
    const byDatabase = new Map<string, KubernetesObject[]>()
    const events = await this.#api.list({
      apiVersion: 'v1',
      kind: 'Event',
      fieldSelector: 'type=Warning',
      ...(namespace === undefined ? {} : { namespace }),
    })
    for (const event of events) {
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
