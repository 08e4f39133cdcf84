import type { KubernetesObject } from '../api/object.ts'
import type { CallOptions, Selection } from './client-options.ts'
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
}

/** The representation that holds metadata only. @see https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

/** Reads a collection into one list. */
export async function listAll(
  requests: ResourceRequests,
  selection: Selection,
  options: ListOptions,
): Promise<ObjectList> {
  const items: KubernetesObject[] = []
  const resourceVersion = await listPages(requests, selection, options, (page, isFirst) => {
    if (isFirst) items.length = 0
    items.push(...page)
  })
  return { items, resourceVersion }
}

/**
 * Reads a collection page by page and hands over each page as it comes, so that nobody has to hold them all. Where
 * reading took so long that the server has forgotten the place, it begins again with another first page.
 * @returns the resourceVersion to watch from
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function listPages(
  requests: ResourceRequests,
  selection: Selection,
  options: ListOptions,
  onPage: (items: readonly KubernetesObject[], isFirst: boolean) => void | Promise<void>,
): Promise<string> {
  const call = await requests.collection('list', selection, options.signal)
  const representation =
    options.metadataOnly === true
      ? { accept: METADATA_LIST, expect: { listOf: 'PartialObjectMetadata' } }
      : { expect: { listOf: selection.kind } }
  let limit: number | undefined = pageSize
  let next: string | undefined
  for (;;) {
    const isFirst = next === undefined
    const query = { ...selectionQuery(selection), limit, continue: next }
    const sending: Sending = { method: 'GET', ...representation, retry: 'idempotent', query }
    let page: JsonObject
    try {
      page = await requests.send(call, sending, options)
    } catch (error) {
      if (!isGone(error) || isFirst) throw error
      // Reading took so long that the token is too old: once more, in one piece.
      limit = undefined
      next = undefined
      continue
    }
    await onPage(itemsOf(page, selection, call.target), isFirst)
    const metadata = isJsonObject(page['metadata']) ? page['metadata'] : {}
    next = textOf(metadata['continue'])
    if (next === undefined) return textOf(metadata['resourceVersion']) ?? ''
  }
}

function itemsOf(
  page: JsonObject,
  { apiVersion, kind }: Selection,
  target: RequestTarget,
): readonly KubernetesObject[] {
  const items: unknown = page['items'] ?? []
  if (!Array.isArray(items)) return []
  // A metadata-only item calls itself PartialObjectMetadata; what it is about is what was asked for.
  return items.map((item: unknown) => requireObject(isJsonObject(item) ? { ...item, apiVersion, kind } : item, target))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
