import type { KubernetesObject } from '../api/object.ts'
import { differences } from './difference.ts'
import type { LocatedDifference } from './difference.ts'
import { isSameJson } from './json-equality.ts'
import { ownFields } from './managed-fields.ts'

/** What applying one object would do, judged from a server-side dry run. */
export type Verdict = 'create' | 'update' | 'unchanged'

/** The judgement and its grounds. */
export interface Comparison {
  readonly verdict: Verdict
  /** Fields that would change, secret values among them. Empty for `create` and `unchanged`. */
  readonly differences: readonly LocatedDifference[]
}

/**
 * Compares the live object with what the server says it would be after the apply. Nothing is guessed on the client:
 * defaults, quantities and admission have been through the server on both sides.
 * An apply that changes no value but makes us the owner of fields is an `update`: it is a write.
 * @param live `undefined` where the object does not exist
 */
export function compare(live: KubernetesObject | undefined, applied: KubernetesObject, manager: string): Comparison {
  if (live === undefined) return { verdict: 'create', differences: [] }
  const changed = differences(comparable(live), comparable(applied))
  if (changed.length > 0) return { verdict: 'update', differences: changed }
  const owned = (object: KubernetesObject): unknown => ownFields(object, manager)?.fieldsV1
  return { verdict: isSameJson(owned(live), owned(applied)) ? 'unchanged' : 'update', differences: [] }
}

/** The object without what the server keeps about it rather than in it. */
export function comparable(object: KubernetesObject): object {
  const { status: _, metadata, ...rest } = object
  const { managedFields: _managed, resourceVersion: _version, generation: _generation, ...kept } = metadata
  return { ...rest, metadata: kept }
}
