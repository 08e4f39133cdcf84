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

/** Objects per page, as client-go asks for. */
const pageSize = 500

/**
 * Reads a collection page by page.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function listPages(
  requests: ResourceRequests,
  selection: Selection,
  options: CallOptions,
): Promise<ObjectList> {
  const call = await requests.collection('list', selection, options.signal)
  const items: KubernetesObject[] = []
  let limit: number | undefined = pageSize
  let next: string | undefined
  for (;;) {
    const query = { ...selectionQuery(selection), limit, continue: next }
    const sending: Sending = { method: 'GET', expect: { listOf: selection.kind }, retry: 'idempotent', query }
    let page: JsonObject
    try {
      page = await requests.send(call, sending, options)
    } catch (error) {
      if (!isGone(error) || next === undefined) throw error
      // Reading took so long that the token is too old: once more, in one piece.
      items.length = 0
      limit = undefined
      next = undefined
      continue
    }
    items.push(...itemsOf(page, selection, call.target))
    const metadata = isJsonObject(page['metadata']) ? page['metadata'] : {}
    next = textOf(metadata['continue'])
    if (next === undefined) return { items, resourceVersion: textOf(metadata['resourceVersion']) ?? '' }
  }
}

function itemsOf(
  page: JsonObject,
  { apiVersion, kind }: Selection,
  target: RequestTarget,
): readonly KubernetesObject[] {
  const items: unknown = page['items'] ?? []
  if (!Array.isArray(items)) return []
  return items.map((item: unknown) => requireObject(isJsonObject(item) ? { apiVersion, kind, ...item } : item, target))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
