import { API_VERSION, KIND } from '../../api/group.ts'
import { labelsOf } from '../set/apply-set.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import type { ObjectQuery } from './cluster-api.ts'
import { INSTANCE_LABEL, NAMESPACES, selectorOfInstances } from './selection-bounds.ts'

/** Objects of one kind and scope, and how to read them with the fewest requests. */
export interface LiveQuery {
  readonly items: readonly ApplyItem[]
  /** The collection that holds them; absent where each is read by itself. */
  readonly list?: ObjectQuery
}

/** So few objects of a kind are read one by one: a `get` is a smaller right than a `list`, and costs no more. */
const FEW = 2

/** Objects that carry no label of ours are listed only where they are more than this: the collection may be large. */
const UNLABELLED = 10

const MANAGED_BY = 'app.kubernetes.io/managed-by'

/**
 * How to read the live objects of a set: one collection for each kind and namespace, or each kind, instead of one
 * request for each object.
 */
export function liveQueries(items: readonly ApplyItem[]): LiveQuery[] {
  return [...groupBy(items, kindOf).values()].flatMap((ofKind) => queriesOfKind(ofKind))
}

/** The same objects, namespace by namespace: for those who may not list a kind in all of them. */
export function perNamespace(items: readonly ApplyItem[]): LiveQuery[] {
  return [...groupBy(items, namespaceOf).values()].map((group) => queryOf(group, namespaceOf(group[0])))
}

function queriesOfKind(items: readonly ApplyItem[]): LiveQuery[] {
  const namespaces = new Set(items.map(namespaceOf))
  if (namespaces.size <= NAMESPACES || items.length <= FEW * namespaces.size) return perNamespace(items)
  return [queryOf(items, undefined)]
}

function queryOf(items: readonly ApplyItem[], namespace: string | undefined): LiveQuery {
  const first = items[0]
  if (first === undefined || items.length <= FEW) return { items }
  const { apiVersion, kind } = first.reference
  const list = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }
  // People write Database resources by hand and without labels; all of a namespace are few and ours.
  if (apiVersion === API_VERSION && kind === KIND) return { items, list }
  const labelSelector = commonSelector(items)
  if (labelSelector !== undefined) return { items, list: { ...list, labelSelector } }
  return items.length > UNLABELLED ? { items, list } : { items }
}

/** A selector that every one of the objects meets once it is applied. */
function commonSelector(items: readonly ApplyItem[]): string | undefined {
  const valuesOf = (key: string): Set<string | undefined> => new Set(items.map((item) => labelsOf(item)[key]))
  const [managers, instances] = [valuesOf(MANAGED_BY), valuesOf(INSTANCE_LABEL)]
  const [manager] = managers
  if (managers.size !== 1 || manager === undefined) return undefined
  const named = [...instances].filter((instance) => instance !== undefined).toSorted()
  const common = `${MANAGED_BY}=${manager}`
  return named.length === instances.size ? selectorOfInstances(common, named) : common
}

const kindOf = ({ reference }: ApplyItem): string => `${reference.apiVersion}/${reference.kind}`
const namespaceOf = (item: ApplyItem | undefined): string | undefined => item?.reference.namespace

function groupBy<Key>(items: readonly ApplyItem[], keyOf: (item: ApplyItem) => Key): Map<Key, ApplyItem[]> {
  const groups = new Map<Key, ApplyItem[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
