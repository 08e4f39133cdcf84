import { GROUP } from '../../api/group.ts'
import { InputError } from '../../api/input-error.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { Inventory, Member } from '../../plan/inventory.ts'
import { decodePart, joinParts } from './inventory-encoding.ts'
import type { EncodedPart } from './inventory-encoding.ts'

/** Label of every ConfigMap of an inventory; its value is the set's name, so that one LIST finds them. */
export const INVENTORY_LABEL = `${GROUP}/inventory`

/** Format of the index; another one is never guessed at. */
const INDEX_VERSION = 1

const INDEX_KEY = 'index.json'
const MEMBERS_KEY = 'members.json.gz'

/** A set, and the namespace where its inventory is kept: that of the connection. */
export type SetName = Pick<Inventory, 'set' | 'namespace'>

/** An inventory as it was read, with what writing it needs. */
export interface StoredInventory extends Inventory {
  /** Number of writes so far; 0 where nothing is stored. */
  readonly revision: number
  /** Preconditions of the next write; absent where nothing is stored. */
  readonly index?: { readonly uid: string; readonly resourceVersion: string }
  /** Further ConfigMaps of this set: those that the index names, and left-overs of killed writes. */
  readonly parts: readonly { readonly name: string; readonly uid: string }[]
}

/** Something labelled as an inventory that cannot be read. It is never taken for an empty one. */
export interface UnreadableInventory extends SetName {
  readonly problem: InputError
}

/**
 * Checks a name given by `--set`: it becomes a label's value and part of an object's name.
 * @throws InputError
 */
export function checkSetName(name: string): void {
  if (/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return
  throw new InputError(`--set ${name} cannot be the name of a set`, {
    where: '--set',
    remedy: 'use at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends: --set shop',
  })
}

/** The ConfigMap that names the parts of an inventory and holds the first. */
export function indexReference({ set, namespace }: SetName): ObjectReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `cdk8s-database-set-${set}` }
}

/**
 * A further ConfigMap. A dot stands before its own part of the name because a set's name has none: with a dash, part
 * `1` of `a` would be the index of `a-1`.
 */
export function partReference(name: SetName, part: string): ObjectReference {
  const index = indexReference(name)
  return { ...index, name: `${index.name}.${part}` }
}

/** Body of the index: with the preconditions, where it exists. */
export function indexObject(
  name: SetName,
  { revision, index }: Pick<StoredInventory, 'revision' | 'index'>,
  first: EncodedPart,
  parts: readonly { readonly name: string; readonly digest: string }[],
): KubernetesObject {
  const { set, namespace } = name
  const content = { version: INDEX_VERSION, set, namespace, revision, digest: first.digest, parts }
  return {
    ...configMap(name, indexReference(name).name, index),
    data: { [INDEX_KEY]: JSON.stringify(content) },
    binaryData: { [MEMBERS_KEY]: first.base64 },
  }
}

/** Body of a further part. It is created once and never changed. */
export function partObject(name: SetName, reference: ObjectReference, part: EncodedPart): KubernetesObject {
  return { ...configMap(name, reference.name), immutable: true, binaryData: { [MEMBERS_KEY]: part.base64 } }
}

/** Reads one inventory from its ConfigMaps; one without any is a set that was never applied. */
export function readObjects(
  name: SetName,
  objects: readonly KubernetesObject[],
): StoredInventory | UnreadableInventory {
  const { name: indexName } = indexReference(name)
  const index = objects.find(({ metadata }) => metadata.name === indexName)
  const others = objects.filter(({ metadata }) => metadata.name.startsWith(`${indexName}.`))
  const parts = others.flatMap(({ metadata: { name: part, uid } }) => (uid === undefined ? [] : [{ name: part, uid }]))
  if (index === undefined) {
    return parts.length === 0
      ? { ...name, members: [], revision: 0, parts }
      : unreadable(name, indexName, 'it is gone, but further parts of the inventory are there')
  }
  const { uid, resourceVersion } = index.metadata
  const content = contentOf(index)
  if (typeof content === 'string') return unreadable(name, indexName, content)
  if (uid === undefined || resourceVersion === undefined) return unreadable(name, indexName, 'it has no uid')
  if (content.set !== name.set || content.namespace !== name.namespace) {
    const owner = `set ${content.set} in namespace ${content.namespace}`
    return unreadable(name, indexName, `it was written for ${owner} and copied here`)
  }
  const byName = new Map(others.map((object) => [object.metadata.name, object]))
  const members = joinParts([
    membersOf(index, content.digest, indexName),
    ...content.parts.map((part) => membersOf(byName.get(part.name), part.digest, part.name)),
  ])
  if (typeof members === 'string') return unreadable(name, indexName, members)
  return { ...name, members, revision: content.revision, index: { uid, resourceVersion }, parts }
}

interface IndexContent extends SetName {
  readonly revision: number
  readonly digest: string
  readonly parts: readonly { readonly name: string; readonly digest: string }[]
}

function contentOf(index: KubernetesObject): IndexContent | string {
  const text = (index['data'] as Readonly<Record<string, unknown>> | undefined)?.[INDEX_KEY]
  if (typeof text !== 'string') return `it has no ${INDEX_KEY}`
  let content: Partial<IndexContent> & { readonly version?: unknown }
  try {
    content = JSON.parse(text) as typeof content
  } catch {
    // The parser's message would only quote the text.
    return `its ${INDEX_KEY} is no JSON`
  }
  const { version, set, namespace, revision, digest, parts } = content ?? {}
  if (typeof version === 'number' && version > INDEX_VERSION)
    return `it has version ${version}: a newer cdk8s-database wrote it`
  const isComplete =
    version === INDEX_VERSION &&
    [set, namespace, digest].every((value) => typeof value === 'string') &&
    Number.isSafeInteger(revision) &&
    Array.isArray(parts) &&
    parts.every((part) => typeof part?.name === 'string' && typeof part.digest === 'string')
  return isComplete ? (content as IndexContent) : `its ${INDEX_KEY} lacks what an index must have`
}

function membersOf(object: KubernetesObject | undefined, digest: string, name: string): readonly Member[] | string {
  if (object === undefined) return `its part ${name} is gone`
  const binary = object['binaryData'] as Readonly<Record<string, unknown>> | undefined
  const members = decodePart(binary?.[MEMBERS_KEY], digest)
  return typeof members === 'string' ? `part ${name}: ${members}` : members
}

function unreadable(name: SetName, indexName: string, problem: string): UnreadableInventory {
  const { set, namespace } = name
  const forget = `kubectl -n ${namespace} delete configmap -l ${INVENTORY_LABEL}=${set}`
  return {
    ...name,
    problem: new InputError(`the inventory of set ${set} cannot be read: ${problem}`, {
      where: `ConfigMap ${namespace}/${indexName}`,
      remedy: `use the cdk8s-database that wrote it, or restore it from a backup; to give up what it knows, so that nothing of it is ever pruned: ${forget}`,
    }),
  }
}

function configMap(
  { set, namespace }: SetName,
  name: string,
  preconditions?: { readonly uid: string; readonly resourceVersion: string },
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      ...preconditions,
      // Not the labels of what synthesis writes: whoever lists those would be sent the inventory too.
      labels: { [INVENTORY_LABEL]: set },
      annotations: { 'kubernetes.io/description': `What cdk8s-database apply --set ${set} made. Do not edit.` },
    },
  }
}
