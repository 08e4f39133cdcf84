import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import { formatPath } from './field-path.ts'
import { isTypedVersion } from './known-values.ts'
import { isRecord } from './leaf-value.ts'
import type { JsonRecord } from './leaf-value.ts'
import { Lockstep } from './lockstep.ts'
import { fieldSegment, fieldSetOf, otherFields, ownFields, pathOfSegments } from './managed-fields.ts'
import type { FieldSet } from './managed-fields.ts'

/** Whether an apply of an object surely changes nothing. */
export type Certificate =
  | { readonly unchanged: true }
  | {
      readonly unchanged: false
      /** Why it may change something, for people. Never a value. */
      readonly because: string
      /** The first field for which that is so, as `formatPath` writes it; empty for the object itself. */
      readonly path: string
    }

const UNCHANGED: Certificate = { unchanged: true }
const NOTHING: FieldSet = {}

const SERVER_METADATA = ['managedFields', 'creationTimestamp', 'generation', 'selfLink', 'deletionTimestamp'] as const

/**
 * Proves without a request that a server-side apply changes nothing: every field that we own is desired, every desired
 * field is owned by us, and the live value of each is the desired one. The order of keyed lists counts, as an apply
 * brings the items into its own order.
 *
 * What cannot be proved is not unchanged: then a server-side dry run of that object decides. The proof is about our own
 * intent: what a webhook or a default that was installed since the last write would add, only a dry run shows.
 * @param live the object as the server holds it, with `metadata.managedFields`, in the same version as `desired`
 * @param manager field manager of the apply
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function certify(desired: KubernetesObject, live: KubernetesObject, manager: string): Certificate {
  const obstacle = obstacleOf(desired, live)
  if (obstacle !== undefined) return { unchanged: false, because: obstacle, path: '' }
  const owned = fieldSetOf(ownFields(live, manager)) ?? NOTHING
  const others = otherFields(live, manager).map((entry) => treeOfOther(entry, live.apiVersion))
  const walk = new Lockstep(live.apiVersion, others)
  const present: string[] = []
  for (const name in desired) {
    const value = name === 'metadata' ? ownableMetadata(desired.metadata) : desired[name]
    if (value === undefined || name === 'apiVersion' || name === 'kind') continue
    const segment = fieldSegment(name)
    const child = owned[segment]
    // The status of a built-in kind is a sub-resource: an apply of the object ignores it.
    if (name === 'status' && child === undefined && isTypedVersion(live.apiVersion)) continue
    present.push(segment)
    const because = isTextOfSecret(name, live)
      ? walk.writtenOnly(name, child, encoded(value), live['data'])
      : walk.root(name, child, value, live[name])
    if (because !== undefined) return refusal(because, walk.segments)
  }
  const gone = Object.keys(owned).find((segment) => !present.includes(segment))
  return gone === undefined ? UNCHANGED : refusal('the apply would give it up', [gone])
}

function refusal(because: string, segments: readonly string[]): Certificate {
  return { unchanged: false, because, path: formatPath(pathOfSegments(segments)) }
}

/** What rules a proof out before any field is looked at. */
function obstacleOf(desired: KubernetesObject, live: KubernetesObject): string | undefined {
  const [wanted, stored] = [desired.metadata, live.metadata]
  if (desired.apiVersion !== live.apiVersion || desired.kind !== live.kind) return 'the kind or its version differs'
  if (wanted.name !== stored.name) return 'the name differs'
  if (wanted.namespace !== undefined && wanted.namespace !== stored.namespace) return 'the namespace differs'
  if (stored.deletionTimestamp !== undefined) return 'the live object is being deleted'
  // They are conditions of the apply, not fields of the object.
  if (wanted.uid !== undefined && wanted.uid !== stored.uid) return 'the uid differs'
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== stored.resourceVersion) {
    return 'the resourceVersion differs'
  }
  const named = SERVER_METADATA.find((field) => ((wanted as unknown as JsonRecord)[field] ?? null) !== null)
  return named === undefined ? undefined : `metadata.${named} is for the server to write`
}

/** The metadata that an apply owns; `undefined` where there is none. The server takes a timestamp of null for none. */
function ownableMetadata(metadata: KubernetesObject['metadata']): JsonRecord | undefined {
  const { name: _n, namespace: _s, uid: _u, resourceVersion: _v, creationTimestamp: _t, ...rest } = metadata
  for (const name in rest) if (rest[name as keyof typeof rest] !== undefined) return rest
  return undefined
}

/** A manager of another version may name its fields otherwise: they are not known. A status is never ours. */
function treeOfOther(entry: ManagedFieldsEntry, apiVersion: string): FieldSet | undefined {
  if (entry.apiVersion !== apiVersion && entry.subresource !== 'status') return undefined
  return fieldSetOf(entry) ?? NOTHING
}

function isTextOfSecret(name: string, { apiVersion, kind }: KubernetesObject): boolean {
  return name === 'stringData' && kind === 'Secret' && apiVersion === 'v1'
}

/** Texts as the server stores them in `data`. */
function encoded(texts: unknown): unknown {
  if (!isRecord(texts)) return texts
  const encode = (text: unknown): unknown =>
    typeof text === 'string' ? btoa(String.fromCodePoint(...new TextEncoder().encode(text))) : text
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, encode(text)]))
}
