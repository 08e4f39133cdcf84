import { isKindNotServed } from './error-guards.ts'
import { KindNotServedError } from './errors.ts'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { builtInMapping, groupPath } from './kind-mapping.ts'
import type { KindMapping } from './kind-mapping.ts'
import type { Transport } from './transport.ts'

/** Finds out how kinds are addressed: from a table where possible, else from the API server, once per group and version. */
export class Discovery {
  readonly #transport: Transport
  readonly #groups = new Map<string, Promise<readonly KindMapping[]>>()

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /**
   * The mapping of a kind. For the kinds of the table this says nothing about whether the server serves them.
   *
   * @throws KindNotServedError when the server does not know it
   */
  async find(apiVersion: string, kind: string, signal?: AbortSignal): Promise<KindMapping> {
    return builtInMapping(apiVersion, kind) ?? this.#found(apiVersion, kind, signal)
  }

  /**
   * Whether objects of a kind have a status that is written apart, by whoever looks after them.
   *
   * @throws KindNotServedError when the server does not know it
   */
  async hasStatus(apiVersion: string, kind: string, signal?: AbortSignal): Promise<boolean> {
    const { hasStatus } = await this.#found(apiVersion, kind, signal)
    return hasStatus === true
  }

  /** Asks the server whether it serves a kind now, whatever the table says. */
  async isServed(apiVersion: string, kind: string, signal?: AbortSignal): Promise<boolean> {
    try {
      return (await this.#ask(apiVersion, kind, signal)).some((mapping) => mapping.kind === kind)
    } catch (error) {
      if (error instanceof KindNotServedError) return false
      throw error
    }
  }

  /** Versions in which the server serves a group, the preferred one first; none where it does not know the group. */
  async versions(group: string, signal?: AbortSignal): Promise<readonly string[]> {
    if (group === '') return ['v1']
    const path = `/apis/${encodeURIComponent(group)}`
    try {
      const found = await this.#transport.request({
        target: { verb: 'get', resource: path },
        method: 'GET',
        path,
        expect: 'untyped',
        retry: 'idempotent',
        ...(signal === undefined ? {} : { signal }),
      })
      return readVersions(found)
    } catch (error) {
      if (isKindNotServed(error)) return []
      throw error
    }
  }

  async #found(apiVersion: string, kind: string, signal?: AbortSignal): Promise<KindMapping> {
    const found = (await this.#group(apiVersion, kind, signal)).find((mapping) => mapping.kind === kind)
    if (found !== undefined) return found
    // It may be installed in a moment (a CRD of the same run): do not remember that it is not there.
    this.#groups.delete(apiVersion)
    throw new KindNotServedError(apiVersion, kind)
  }

  async #group(apiVersion: string, kind: string, signal?: AbortSignal): Promise<readonly KindMapping[]> {
    const asked = this.#groups.get(apiVersion) ?? this.#ask(apiVersion, kind, signal)
    this.#groups.set(apiVersion, asked)
    try {
      return await asked
    } catch (error) {
      this.#groups.delete(apiVersion)
      throw error
    }
  }

  async #ask(apiVersion: string, kind: string, signal?: AbortSignal): Promise<readonly KindMapping[]> {
    try {
      const list = await this.#transport.request({
        target: { verb: 'get', resource: groupPath(apiVersion) },
        method: 'GET',
        path: groupPath(apiVersion).split('/').map(encodeURIComponent).join('/'),
        expect: 'discovery',
        retry: 'idempotent',
        ...(signal === undefined ? {} : { signal }),
      })
      return readResources(apiVersion, list['resources'])
    } catch (error) {
      if (isKindNotServed(error)) throw new KindNotServedError(apiVersion, kind, { cause: error })
      throw error
    }
  }
}

function readResources(apiVersion: string, resources: unknown): readonly KindMapping[] {
  if (!Array.isArray(resources)) return []
  const served = resources.filter(isJsonObject)
  const names = new Set(served.map(({ name }) => name))
  return served.flatMap(({ name, kind, namespaced }) => {
    // A name with a slash is a sub-resource.
    if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) return []
    const hasStatus = names.has(`${name}/status`)
    return [{ apiVersion, kind, plural: name, namespaced: namespaced === true, hasStatus }]
  })
}

function readVersions({ preferredVersion, versions }: JsonObject): readonly string[] {
  const entries = [preferredVersion, ...(Array.isArray(versions) ? (versions as readonly unknown[]) : [])]
  const names = entries.filter(isJsonObject).map(({ version }) => version)
  return [...new Set(names.filter((name) => typeof name === 'string'))]
}
