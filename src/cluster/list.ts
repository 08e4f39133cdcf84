import type { KubernetesObject } from '../api/object.ts'
import type { CallOptions, Selection } from './client-options.ts'
import type { ItemSink } from './list-items.ts'
import { isGone } from './error-guards.ts'
import type { RequestTarget } from './errors.ts'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { requireObject } from './kubernetes-object.ts'
import { selectionQuery } from './resource-requests.ts'
import type { ResourceRequests, Sending } from './resource-requests.ts'

/** Objects of one collection and the resourceVersion to watch from. */
export interface ObjectList {
  readonly items: readonly KubernetesObject[]
  readonly resourceVersion: string
}

/** Objects per page, as client-go asks for. Smaller pages cost the server more than they save here. */
const pageSize = 500

/** How a collection is read. */
export interface ListOptions extends CallOptions {
  /**
   * Only `metadata` of each object: enough to know what is there, and no value of a Secret ever leaves the server.
   * @default false
   */
  readonly metadataOnly?: boolean
  /**
   * With `metadataOnly`: without `managedFields`, for whoever does not ask who owns what.
   * @default false
   */
  readonly withoutManagers?: boolean
}

/** The representation that holds metadata only. @see https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

/** Who is told while a collection is read. */
export interface ListReader {
  /** An object of the collection; the same one may come again where a page had to be asked for again. */
  onObject(object: KubernetesObject): void
  /** The server has forgotten the place, and all begins again: what came so far counts no more. */
  onRestart?(): void
}

/** Reads a collection into one list. */
export async function listAll(
  requests: ResourceRequests,
  selection: Selection,
  options: ListOptions,
): Promise<ObjectList> {
  const objects = new Map<string, KubernetesObject>()
  const resourceVersion = await listEach(requests, selection, options, {
    onObject: (object) => void objects.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object),
    onRestart: () => objects.clear(),
  })
  return { items: [...objects.values()], resourceVersion }
}

/**
 * Reads a collection page by page and hands over each object as it comes, so that nobody has to hold them all.
 * @returns the resourceVersion to watch from
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function listEach(
  requests: ResourceRequests,
  selection: Selection,
  options: ListOptions,
  reader: ListReader,
): Promise<string> {
  const call = await requests.collection('list', selection, options.signal)
  const representation =
    options.metadataOnly === true
      ? { accept: METADATA_LIST, expect: { listOf: 'PartialObjectMetadata' } }
      : { expect: { listOf: selection.kind } }
  const withoutManagers = options.withoutManagers === true && options.metadataOnly === true
  const items = new ItemReader(selection, call.target, reader)
  let limit: number | undefined = pageSize
  let next: string | undefined
  for (;;) {
    const query = { ...selectionQuery(selection), limit, continue: next }
    const itemSink = (): ItemSink => ({ take: (item) => items.take(item), withoutManagers })
    const sending: Sending = { method: 'GET', ...representation, retry: 'idempotent', query, itemSink }
    let page: JsonObject
    try {
      page = await requests.send(call, sending, options)
    } catch (error) {
      if (!isGone(error) || next === undefined) throw error
      // Reading took so long that the token is too old: once more, in one piece.
      limit = undefined
      next = undefined
      reader.onRestart?.()
      continue
    }
    items.finish(page)
    const metadata = isJsonObject(page['metadata']) ? page['metadata'] : {}
    next = textOf(metadata['continue'])
    if (next === undefined) return textOf(metadata['resourceVersion']) ?? ''
  }
}

/** Makes objects of the items of pages. What is wrong with one is told when its page is through. */
class ItemReader {
  readonly #selection: Selection
  readonly #target: RequestTarget
  readonly #reader: ListReader
  #problem: Error | undefined

  constructor(selection: Selection, target: RequestTarget, reader: ListReader) {
    this.#selection = selection
    this.#target = target
    this.#reader = reader
  }

  take(item: unknown): void {
    if (this.#problem !== undefined) return
    const { apiVersion, kind } = this.#selection
    try {
      // A metadata-only item calls itself PartialObjectMetadata; what it is about is what was asked for.
      if (isJsonObject(item)) Object.assign(item, { apiVersion, kind })
      this.#reader.onObject(requireObject(item, this.#target))
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error))
    }
  }

  /** @throws what was wrong with an item of the page */
  finish(page: JsonObject): void {
    const left: unknown = page['items'] ?? []
    if (Array.isArray(left)) for (const item of left as unknown[]) this.take(item)
    if (this.#problem !== undefined) throw this.#problem
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
