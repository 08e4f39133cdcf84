import { createHash } from 'node:crypto'
import { formatReference } from '../../api/object.ts'
import type { DatabaseSpec } from '../../api/spec.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { stateOf } from '../cluster/object-state.ts'
import { isTypedVersion } from '../../plan/known-values.ts'
import type { ApplyItem, DatabaseItem } from '../set/apply-set.ts'

/** A pod or claim as a part of a fingerprint. */
export function belongingOf(object: KubernetesObject): string {
  return `${object.kind}/${object.metadata.name} ${stateOf(object) ?? ''}`
}

/** What a database is made of that stands in the manifests, its credentials included. */
export function partsOf({ resource, children, credentials }: DatabaseItem): ApplyItem[] {
  return [resource, ...children, ...(credentials === undefined ? [] : [credentials])]
}

/**
 * Fields of a spec about which nothing is judged but the objects of its database. Not among them: `dependencies`, which
 * are elsewhere, whatever has a Secret that stands in no manifest, and every field that nobody has thought about yet.
 */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'image',
  'postgresVersion',
  'replicas',
  'databaseName',
  'username',
  'storage',
  'resources',
  'placement',
  'parameters',
  'credentials',
  'network',
  'handedOver',
  'deletionPolicy',
  'deletionProtection',
] satisfies (keyof DatabaseSpec)[])

/**
 * Whether all that is judged of a database stands in its manifests, its objects, its pods and its claims. Not where
 * somebody else keeps the credentials, and not with standbys, which have a Secret of their own. A Secret beside the
 * credentials is left out because a fingerprint would let its values be searched for; a custom resource, because what the
 * server shows of it may change with its definition.
 */
export function isKnownByItsObjects({ database: { spec }, children, credentials }: DatabaseItem): boolean {
  const isKnown = ([field, value]: [string, unknown]): boolean =>
    value === undefined || KNOWN_FIELDS.has(field) || (Array.isArray(value) && value.length === 0)
  return (
    credentials !== undefined &&
    (spec.replicas ?? 1) === 1 &&
    Object.entries(spec).every(isKnown) &&
    children.every(({ reference: { apiVersion, kind } }) => isTypedVersion(apiVersion) && kind !== 'Secret')
  )
}

/**
 * One text for what was judged: the manifests of a database, and the state of each of its objects, pods and claims.
 * @param stateAt the state of an object of the manifests; `undefined` where it is not there
 * @param belongings pods and claims, see {@link belongingOf}
 * @returns `undefined` where an object is not there
 */
export function fingerprintOf(
  item: DatabaseItem,
  stateAt: (reference: ObjectReference) => string | undefined,
  belongings: readonly string[],
): string | undefined {
  const hash = createHash('sha256')
  for (const part of partsOf(item)) {
    const state = stateAt(part.reference)
    if (state === undefined) return undefined
    hash.update(`${formatReference(part.reference)} ${state}\n${part.text?.digest ?? JSON.stringify(part.object)}\n`)
  }
  for (const belonging of belongings.toSorted()) hash.update(`${belonging}\n`)
  return hash.digest('base64url')
}
