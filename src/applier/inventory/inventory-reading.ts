import type { KubernetesObject } from '../../api/object.ts'
import { isForbidden } from '../../cluster/error-guards.ts'
import type { ClusterApi, ObjectQuery } from '../cluster/cluster-api.ts'
import { INVENTORY_LABEL, checkSetName, readObjects } from './inventory-objects.ts'
import type { SetName, StoredInventory, UnreadableInventory } from './inventory-objects.ts'

/** What can be found out about all sets. */
export interface KnownInventories {
  /** Every inventory that can be read, in all namespaces if that is allowed; `undefined` where none may be listed. */
  readonly inventories: readonly StoredInventory[] | undefined
  /** Those that cannot be read. They are not empty: what they know is not known here. */
  readonly unreadable: readonly UnreadableInventory[]
  /** What could not be found out, one line each. */
  readonly warnings: readonly string[]
}

/**
 * Reads the inventory of one set; empty where the set was never applied.
 * @throws InputError where it is there and cannot be read; ApiError Forbidden
 */
export async function readInventory(api: ClusterApi, name: SetName): Promise<StoredInventory> {
  checkSetName(name.set)
  const labelSelector = `${INVENTORY_LABEL}=${name.set}`
  const { namespace } = name
  // One list is one moment: index and parts fit together even while somebody writes.
  return readable(readObjects(name, await api.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector })))
}

/** Reads every inventory with one LIST; in one namespace only where all of them are forbidden. */
export async function readInventories(api: ClusterApi, namespace: string): Promise<KnownInventories> {
  const query = { apiVersion: 'v1', kind: 'ConfigMap', labelSelector: INVENTORY_LABEL }
  const everywhere = await listIfAllowed(api, query)
  if (everywhere !== undefined) return sortOut(everywhere, [])
  const here = await listIfAllowed(api, { ...query, namespace })
  const ask = `ask for the right to list configmaps`
  if (here === undefined) {
    const warning = `other apply sets may know the same objects, but may not be read: ${ask} in namespace ${namespace}`
    return { inventories: undefined, unreadable: [], warnings: [warning] }
  }
  const warning = `apply sets of other namespaces than ${namespace} may not be read: ${ask} in all namespaces`
  return sortOut(here, [warning])
}

/**
 * Picks one set out of all that were read; empty where it was never applied.
 * @throws InputError where it is there and cannot be read
 */
export function pickInventory({ inventories = [], unreadable }: KnownInventories, name: SetName): StoredInventory {
  checkSetName(name.set)
  const isSame = ({ set, namespace }: SetName): boolean => set === name.set && namespace === name.namespace
  return readable(unreadable.find(isSame) ?? inventories.find(isSame) ?? readObjects(name, []))
}

function readable(read: StoredInventory | UnreadableInventory): StoredInventory {
  if ('problem' in read) throw read.problem
  return read
}

function sortOut(objects: readonly KubernetesObject[], warnings: readonly string[]): KnownInventories {
  const bySet = new Map<string, { readonly name: SetName; readonly objects: KubernetesObject[] }>()
  for (const object of objects) {
    const { labels, namespace = '' } = object.metadata
    const set = labels?.[INVENTORY_LABEL] ?? ''
    const key = `${namespace}/${set}`
    const entry = bySet.get(key) ?? { name: { set, namespace }, objects: [] }
    entry.objects.push(object)
    bySet.set(key, entry)
  }
  const read = [...bySet.values()].map((entry) => readObjects(entry.name, entry.objects))
  const unreadable = read.filter((inventory) => 'problem' in inventory)
  return {
    inventories: read.filter((inventory): inventory is StoredInventory => !('problem' in inventory)),
    unreadable,
    warnings: [
      ...warnings,
      ...unreadable.map(
        ({ problem }) => `${problem.message} (${problem.where ?? ''}); objects that it knows are not recognised`,
      ),
    ],
  }
}

async function listIfAllowed(api: ClusterApi, query: ObjectQuery): Promise<readonly KubernetesObject[] | undefined> {
  try {
    return await api.list(query)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}
