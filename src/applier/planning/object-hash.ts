import { createHash } from 'node:crypto'
import type { KubernetesObject } from '../../api/object.ts'
import { hideSecrets, secretsOf } from '../../api/secret-values.ts'
import { comparable } from '../../plan/verdict.ts'
import type { ApplyItem } from '../set/apply-set.ts'

/**
 * Hash of what is asked for: the object as it stands in the manifest, in the namespace that it goes to. Secret values are
 * left out: a hash would let a stored plan be searched for a weak password.
 */
export function intentHash({ reference }: ApplyItem, body: KubernetesObject): string {
  return hash({ namespace: reference.namespace, object: hideSecrets(withoutOwner(body), () => '') })
}

/**
 * Hash of what is there, without status and what the server keeps about the object: another one means that somebody
 * changed it. Nothing for an object with secret values: its resourceVersion tells.
 */
export function contentHash(live: KubernetesObject): string | undefined {
  const content = comparable(live)
  return secretsOf(content).size > 0 ? undefined : hash(content)
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
