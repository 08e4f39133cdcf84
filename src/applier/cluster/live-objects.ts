import { formatReference, referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { isForbidden, isKindNotServed } from '../../cluster/error-guards.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { ClusterApi, ObjectQuery } from './cluster-api.ts'
import { liveQueries, perNamespace } from './live-queries.ts'
import type { LiveQuery } from './live-queries.ts'

/** What is done with what is read. */
export interface LiveReader {
  /** Told once for every item: the live object, or `undefined` where there is none. */
  onLive(item: ApplyItem, live: KubernetesObject | undefined): void
  /** Told instead of an item that may not be read. @default the error is thrown */
  onForbidden?(item: ApplyItem, error: unknown): void
  /** Whether an item matters only where it carries our labels: then a list of them tells all. @default none does */
  isOptional?(item: ApplyItem): boolean
  /** What has to be known before anything is told; the first requests are on their way meanwhile. */
  readonly ready?: Promise<unknown>
}

/** So many objects that a selected list did not hold are looked up one by one; of more, the names are listed first. */
const LOOKED_UP = 10

/** So many objects are kept while something else has to be known first; more are not asked for before. */
const KEPT_EARLY = 500

/**
 * Reads the live objects of a set, each handed over as soon as its page is there, so that nobody has to hold them all.
 *
 * A collection is read by our labels. An object that is not in it may still exist without them (somebody else's, or
 * its labels were removed), so what is missing is asked for by name.
 */
export async function readLive(api: ClusterApi, items: readonly ApplyItem[], reader: LiveReader): Promise<void> {
  await Promise.all(liveQueries(items).map((query) => readQuery(api, query, reader)))
}

async function readQuery(api: ClusterApi, { items, list }: LiveQuery, reader: LiveReader): Promise<void> {
  if (list === undefined) {
    await readEach(api, items, reader)
    return
  }
  const wanted = new Map(items.map((item) => [formatReference(item.reference), item]))
  try {
    if (items.length > KEPT_EARLY) await reader.ready
    await listWhenReady(api, list, reader.ready, (live) => {
      const key = formatReference(referenceOf(live))
      const item = wanted.get(key)
      if (item === undefined) return
      wanted.delete(key)
      reader.onLive(item, live)
    })
  } catch (error) {
    await reader.ready
    if (isKindNotServed(error)) {
      for (const item of wanted.values()) reader.onLive(item, undefined)
      return
    }
    if (!isForbidden(error)) throw error
    const left = [...wanted.values()]
    // Who may not list everywhere may do so in each namespace; who may not list at all may still get.
    if (list.namespace === undefined && left.some(({ reference }) => reference.namespace !== undefined))
      await Promise.all(perNamespace(left).map((query) => readQuery(api, query, reader)))
    else
      await readEach(
        api,
        withoutOptional(left, (item) => reader.onForbidden?.(item, error), reader),
        reader,
      )
    return
  }
  await readMissing(
    api,
    withoutOptional([...wanted.values()], (item) => reader.onLive(item, undefined), reader),
    reader,
  )
}

/** What is to be asked for by name; of what is optional, the list was all. */
function withoutOptional(
  items: readonly ApplyItem[],
  onOptional: (item: ApplyItem) => void,
  reader: LiveReader,
): readonly ApplyItem[] {
  const { optional = [], named = [] } = Object.groupBy(items, (item) =>
    reader.isOptional?.(item) === true ? 'optional' : 'named',
  )
  for (const item of optional) onOptional(item)
  return named
}

/** Reads a list now and hands its objects over when something else is known; what comes earlier is kept until then. */
async function listWhenReady(
  api: ClusterApi,
  query: ObjectQuery,
  ready: Promise<unknown> | undefined,
  onObject: (object: KubernetesObject) => void,
): Promise<void> {
  let early: KubernetesObject[] | undefined = ready === undefined ? undefined : []
  const handOver = async (): Promise<void> => {
    await ready
    for (const object of early ?? []) onObject(object)
    early = undefined
  }
  await Promise.all([
    handOver(),
    api.listEach(query, (object) => {
      if (early === undefined) onObject(object)
      else early.push(object)
    }),
  ])
}

async function readMissing(api: ClusterApi, items: readonly ApplyItem[], reader: LiveReader): Promise<void> {
  const [first] = items
  if (first === undefined) return
  if (items.length <= LOOKED_UP) {
    await readEach(api, items, reader)
    return
  }
  const { apiVersion, kind } = first.reference
  const namespaces = new Set(items.map(({ reference }) => reference.namespace))
  const names = new Set<string>()
  try {
    for (const namespace of namespaces) {
      const query = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }
      for (const object of await api.listMetadata(query)) names.add(formatReference(referenceOf(object)))
    }
  } catch (error) {
    if (!isForbidden(error)) throw error
    await readEach(api, items, reader)
    return
  }
  const isThere = ({ reference }: ApplyItem): boolean => names.has(formatReference(reference))
  for (const item of items) if (!isThere(item)) reader.onLive(item, undefined)
  await readEach(api, items.filter(isThere), reader)
}

async function readEach(api: ClusterApi, items: readonly ApplyItem[], reader: LiveReader): Promise<void> {
  await Promise.all(
    items.map(async (item) => {
      try {
        const live = await getIfServed(api, item)
        await reader.ready
        reader.onLive(item, live)
      } catch (error) {
        if (!isForbidden(error) || reader.onForbidden === undefined) throw error
        await reader.ready
        reader.onForbidden(item, error)
      }
    }),
  )
}

async function getIfServed(api: ClusterApi, { reference }: ApplyItem): Promise<KubernetesObject | undefined> {
  try {
    return await api.get(reference)
  } catch (error) {
    if (isKindNotServed(error)) return undefined
    throw error
  }
}
