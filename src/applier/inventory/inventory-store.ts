import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FIELD_MANAGER } from '../../api/group.ts'
import { InputError } from '../../api/input-error.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../cluster/error-guards.ts'
import { ApiError } from '../../cluster/errors.ts'
import { exact, isSameMembers, merged, superset } from '../../plan/inventory.ts'
import type { Member } from '../../plan/inventory.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { PART_BYTES, encodeMembers } from './inventory-encoding.ts'
import type { EncodedPart } from './inventory-encoding.ts'
import { INVENTORY_LABEL, indexObject, indexReference, partObject, partReference } from './inventory-objects.ts'
import { readInventory } from './inventory-reading.ts'
import type { SetName, StoredInventory } from './inventory-objects.ts'

/** How an inventory is written. */
export interface StoreOptions {
  /** Most bytes of one stored part. @default 900 KiB */
  readonly partBytes?: number
}

/**
 * Makes known what a run is about to write, before it writes anything: a run that is killed then loses nothing.
 * Nothing is sent where all of it is known and nothing will be created.
 *
 * Another run that wrote meanwhile is merged with.
 * @param desired with the uid of the live object, where there is one
 * @throws InputError, ApiError (a namespace that does not exist yet: `isNamespaceMissing`)
 */
export function writeSuperset(
  api: ClusterApi,
  stored: StoredInventory,
  desired: readonly Member[],
  options: StoreOptions = {},
): Promise<StoredInventory> {
  // Whoever creates something leaves a mark, so that a run beside it cannot take the member for one that is gone.
  const creates = desired.some(({ uid }) => uid === undefined)
  return update(api, stored, options, (current) => {
    const members = superset(current.members, desired)
    return creates || !isSameMembers(members, current.members) ? members : undefined
  })
}

/**
 * Writes what is there after a run. Nothing is sent where it is known already.
 *
 * Where another run wrote since `before`, nothing is forgotten: it may be about to create what this run found gone. The
 * next run finds out.
 * @param before what {@link writeSuperset} returned
 * @param desired with uids
 * @param remembered orphans that stay known: kept, or not deleted after all
 */
export function writeExact(
  api: ClusterApi,
  before: StoredInventory,
  desired: readonly Member[],
  remembered: readonly Member[],
  options: StoreOptions = {},
): Promise<StoredInventory> {
  const known = exact(desired, remembered)
  return update(api, before, options, (current) => {
    const isAlone = current.revision === before.revision && current.index?.uid === before.index?.uid
    const members = isAlone ? known : merged(current.members, known)
    return isSameMembers(members, current.members) ? undefined : members
  })
}

/** Writes that lost the race against others before a run gives up. */
const ATTEMPTS = 10

/** Longest wait after the first lost race, in milliseconds; it grows with each further one. */
const WAIT_MS = 100

/** Computes and writes, again and again from what is stored, until nobody came in between. */
async function update(
  api: ClusterApi,
  stored: StoredInventory,
  options: StoreOptions,
  change: (current: StoredInventory) => readonly Member[] | undefined,
): Promise<StoredInventory> {
  let current = stored
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const members = change(current)
    if (members === undefined) return current
    const written = await write(api, current, members, options.partBytes ?? PART_BYTES)
    if (written !== undefined) return written
    await sleep(randomInt(WAIT_MS * (attempt + 1)))
    current = await readAgain(api, current)
  }
  const { set, namespace } = stored
  throw new InputError(`other runs write the inventory of set ${set} all the time`, {
    where: `ConfigMap ${namespace}/${indexReference(stored).name}`,
    remedy: 'wait until they are through, and run the same command again',
  })
}

async function readAgain(api: ClusterApi, { set, namespace }: SetName): Promise<StoredInventory> {
  const read = await readInventory(api, { set, namespace })
  const reference = indexReference(read)
  if (read.index !== undefined || (await api.get(reference)) === undefined) return read
  throw new InputError(`ConfigMap ${reference.name} is not an inventory, or has lost its label`, {
    where: `ConfigMap ${namespace}/${reference.name}`,
    remedy: `kubectl -n ${namespace} label configmap ${reference.name} ${INVENTORY_LABEL}=${set}, or choose another --set`,
  })
}

/**
 * Writes members so that a reader sees either what was there before or all of them: new parts first, under names that
 * nobody reads yet, then the index that names them, then the old parts are removed. A kill in between leaves parts that
 * nobody reads; the next write removes them.
 *
 * What is removed was there when `stored` was read and is not named by the index written now. A writer beside us that
 * made such a part read the index before us and loses the race for it, so nothing that somebody needs is removed.
 * @returns `undefined` where somebody else wrote since `stored` was read
 */
async function write(
  api: ClusterApi,
  stored: StoredInventory,
  members: readonly Member[],
  partBytes: number,
): Promise<StoredInventory | undefined> {
  const [first, ...rest] = encodeMembers(members, partBytes)
  if (first === undefined) return undefined
  try {
    // The index comes first where there is none, so that parts without an index are always a loss that is noticed.
    const base = stored.index === undefined && rest.length > 0 ? await createIndex(api, stored, [], partBytes) : stored
    if (base.index === undefined) return await createIndex(api, base, members, partBytes)
    const parts = await createParts(api, base, rest)
    const revision = base.revision + 1
    const body = indexObject(base, { revision, index: base.index }, first, parts)
    const { uid, resourceVersion } = (await api.apply(body, { manager: FIELD_MANAGER, force: true })).metadata
    const index = { uid: uid ?? base.index.uid, resourceVersion: resourceVersion ?? base.index.resourceVersion }
    await removeParts(api, base)
    const { set, namespace } = base
    return { set, namespace, members, revision, index, parts }
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error) || isIndexGone(error)) return undefined
    throw error
  }
}

async function createIndex(
  api: ClusterApi,
  { set, namespace, parts }: StoredInventory,
  members: readonly Member[],
  partBytes: number,
): Promise<StoredInventory> {
  const [first] = encodeMembers(members, partBytes)
  if (first === undefined) throw new Error('members are always packed into at least one part')
  const created = await api.create(indexObject({ set, namespace }, { revision: 1 }, first, []), FIELD_MANAGER)
  const { uid = '', resourceVersion = '' } = created.metadata
  return { set, namespace, members, revision: 1, index: { uid, resourceVersion }, parts }
}

/** The parts beside the first. Their names are random, so that runs beside each other do not meet in one. */
async function createParts(
  api: ClusterApi,
  stored: StoredInventory,
  rest: readonly EncodedPart[],
): Promise<{ readonly name: string; readonly uid: string; readonly digest: string }[]> {
  return Promise.all(
    rest.map(async (part) => {
      const reference = partReference(stored, randomUUID().slice(0, 8))
      const { metadata } = await api.create(partObject(stored, reference, part), FIELD_MANAGER)
      return { name: reference.name, uid: metadata.uid ?? '', digest: part.digest }
    }),
  )
}

/** What cannot be removed now is left to the next write: nobody reads it. */
async function removeParts(api: ClusterApi, stored: StoredInventory): Promise<void> {
  for (const { name, uid } of stored.parts) {
    try {
      await api.delete({ ...indexReference(stored), name }, uid)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }
}

/** Not a namespace that is missing: that is an error of the caller's. */
function isIndexGone(error: unknown): boolean {
  return isNotFound(error) && error.about.kind === 'configmaps'
}
