import type { ObjectReference } from '../api/object.ts'

/**
 * One object that an apply set knows. What it *is* is group, kind, namespace and name (see {@link memberKey});
 * `apiVersion` is the version by which it was last addressed.
 */
export interface Member extends ObjectReference {
  /**
   * uid of the object that a finished run left there. Absent while it is not known: the object is still to be created,
   * or a run was about to write it and may have been killed.
   */
  readonly uid?: string
}

/** Everything that an apply set created or took over and has not deleted. */
export interface Inventory {
  /** Name of the set, as given by `--set`. */
  readonly set: string
  /** Namespace where the inventory is kept. Two inventories of one name in two namespaces are two sets. */
  readonly namespace: string
  /** In the order of {@link sortMembers}, each once. */
  readonly members: readonly Member[]
}

/** The form in which members are stored; another version is never guessed at. */
export interface SerializedMembers {
  readonly version: typeof INVENTORY_VERSION
  readonly members: readonly Member[]
}

/** Version of {@link SerializedMembers}. */
export const INVENTORY_VERSION = 1

/** API group of an `apiVersion`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/**
 * What makes two references the same object. The version is not part of it: an object written as `v1beta1` and read as
 * `v1` is one object.
 */
export function memberKey({ apiVersion, kind, namespace, name }: ObjectReference): string {
  // No part can hold a space, so that no two references share a key.
  return `${groupOf(apiVersion)} ${kind} ${namespace ?? ''} ${name}`
}

/** The member that a reference names; everything else that the argument holds is left behind. */
export function memberOf({ apiVersion, kind, namespace, name }: ObjectReference, uid?: string): Member {
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
  }
}

/** Members in one order for everybody, each object once; of two entries for one object the later one stands. */
export function sortMembers(members: Iterable<Member>): Member[] {
  const byKey = new Map<string, Member>()
  for (const member of members) byKey.set(memberKey(member), member)
  return [...byKey].toSorted(([left], [right]) => compareText(left, right)).map(([, member]) => member)
}

/**
 * What must be known before the first write: everything stored, and everything about to be written.
 *
 * An uid is kept only where the stored entry and the live object agree. What the run may create, or take over from
 * somebody else, has none until the run has come to its end: a run that is killed in between must not leave an uid
 * behind that says "ours" of an object that it never wrote.
 * @param desired with the uid of the live object, where there is one
 */
export function superset(stored: readonly Member[], desired: readonly Member[]): Member[] {
  const before = byKeyOf(stored)
  const coming = desired.map((member) => {
    const known = before.get(memberKey(member))?.uid
    return known !== undefined && known === member.uid ? memberOf(member, known) : memberOf(member)
  })
  return sortMembers([...stored, ...coming])
}

/**
 * What stands after the last write: the desired objects with their uids, and the orphans that stay known (see
 * `decidePrunes`).
 */
export function exact(desired: readonly Member[], remembered: readonly Member[]): Member[] {
  return sortMembers([...remembered, ...desired])
}

/**
 * What stands after the last write of a run that was not alone: nothing is forgotten, and what this run knows better
 * replaces what is stored. The next run finds out what is gone.
 */
export function merged(stored: readonly Member[], known: readonly Member[]): Member[] {
  return sortMembers([...stored, ...known])
}

/** Members that nobody wants any more. */
export function orphansOf(members: readonly Member[], desired: readonly ObjectReference[]): Member[] {
  const wanted = new Set(desired.map(memberKey))
  return members.filter((member) => !wanted.has(memberKey(member)))
}

/**
 * Tells which other set knows an object.
 * @param except the set that asks
 * @returns the set's name for people, with the namespace of its inventory
 */
export function membership(
  inventories: readonly Inventory[],
  except: Pick<Inventory, 'set' | 'namespace'>,
): (reference: ObjectReference) => string | undefined {
  const sets = new Map<string, string>()
  for (const { set, namespace, members } of inventories) {
    if (set === except.set && namespace === except.namespace) continue
    for (const member of members) sets.set(memberKey(member), `${set} (namespace ${namespace})`)
  }
  return (reference) => sets.get(memberKey(reference))
}

/** Whether two lists hold the same members: same objects, same uids, same versions. Both in the order of the inventory. */
export function isSameMembers(left: readonly Member[], right: readonly Member[]): boolean {
  if (left.length !== right.length) return false
  return left.every((member, index) => {
    const other = right[index]
    return (
      other !== undefined &&
      memberKey(member) === memberKey(other) &&
      member.apiVersion === other.apiVersion &&
      member.uid === other.uid
    )
  })
}

/** The form to store. */
export function serializeMembers(members: readonly Member[]): SerializedMembers {
  return { version: INVENTORY_VERSION, members: members.map((member) => memberOf(member, member.uid)) }
}

/**
 * Reads the stored form.
 * @returns the members, or one sentence about what is wrong; never an empty list for something that cannot be read
 */
export function parseMembers(value: unknown): readonly Member[] | string {
  if (!isRecord(value)) return 'it is not a JSON object'
  const { version, members } = value
  if (version !== INVENTORY_VERSION) {
    return typeof version === 'number' && version > INVENTORY_VERSION
      ? `it has version ${version}: a newer cdk8s-database wrote it`
      : 'it has no version that is known'
  }
  if (!Array.isArray(members)) return 'it has no list of members'
  const parsed: Member[] = []
  for (const [index, member] of members.entries()) {
    if (!isMember(member)) return `member ${index} lacks apiVersion, kind or name, or one of them is no text`
    parsed.push(memberOf(member, member.uid))
  }
  return sortMembers(parsed)
}

function isMember(value: unknown): value is Member {
  if (!isRecord(value)) return false
  const { apiVersion, kind, namespace, name, uid } = value
  const isText = (part: unknown): boolean => typeof part === 'string' && part !== ''
  return [apiVersion, kind, name].every(isText) && [namespace, uid].every((part) => part === undefined || isText(part))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function byKeyOf(members: readonly Member[]): ReadonlyMap<string, Member> {
  return new Map(members.map((member) => [memberKey(member), member]))
}

/** By code unit: the same everywhere, whatever the locale. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
