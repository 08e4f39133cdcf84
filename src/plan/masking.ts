import type { KubernetesObject } from '../api/object.ts'
import type { FieldDifference } from './difference.ts'

/** What stands where a secret value would. */
export const MASK = '***'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Takes secret values out of the differences of an object, before they leave the plan. That a field changed stays
 * visible; what it was and became does not.
 */
export function maskDifferences(object: KubernetesObject, found: readonly FieldDifference[]): FieldDifference[] {
  return found.map((difference) =>
    isSecretField(object, difference.path) ? mask(difference) : withoutCopies(difference),
  )
}

function isSecretField(object: KubernetesObject, path: string): boolean {
  if (path.includes(LAST_APPLIED)) return true
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return false
  return /^(data|stringData)\b/.test(path) || path.startsWith('metadata.annotations')
}

function mask({ path, before, after }: FieldDifference): FieldDifference {
  return {
    path,
    before: before === undefined ? undefined : MASK,
    after: after === undefined ? undefined : `${MASK} (changed)`,
  }
}

/** Annotations that come or go as a whole may hold a copy of the object that kubectl keeps. */
function withoutCopies({ path, before, after }: FieldDifference): FieldDifference {
  const masked = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && LAST_APPLIED in value ? { ...value, [LAST_APPLIED]: MASK } : value
  return { path, before: masked(before), after: masked(after) }
}
