import { createHash } from 'node:crypto'
import type { KubernetesObject } from '../api/object.ts'
import { comparable } from '../plan/verdict.ts'
import type { ApplyItem } from './apply-set.ts'

/** Hash of what is asked for: the object as it stands in the manifest, in the namespace that it goes to. */
export function intentHash({ reference }: ApplyItem, body: KubernetesObject): string {
  return hash({ namespace: reference.namespace, object: withoutOwner(body) })
}

/**
 * Hash of what is there, without status and what the server keeps about the object: another one means that somebody
 * changed it. Nothing for a Secret: a hash would let a stored plan be searched for a weak password.
 */
export function contentHash(live: KubernetesObject): string | undefined {
  return live.kind === 'Secret' && live.apiVersion === 'v1' ? undefined : hash(comparable(live))
}

/** The owner is added here, by the uid that it has now; the manifest does not name it. */
function withoutOwner({ metadata, ...rest }: KubernetesObject): object {
  const { ownerReferences: _, ...kept } = metadata
  return { ...rest, metadata: kept }
}

/** Of the JSON with the keys of every map in order. */
function hash(value: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex')}`
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
