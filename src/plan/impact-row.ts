import { majorOfTag, variantOfTag } from '../api/image-reference.ts'
import type { KubernetesObject } from '../api/object.ts'
import { isSameQuantity, parseQuantity } from '../api/quantity.ts'
import type { FieldPath } from './impact-path.ts'

/**
 * What a change does to the running database, from nothing to never.
 *
 * - `none`: the server goes on as it is
 * - `reload`: it takes the change over without closing a connection
 * - `resize-online`: a volume grows under it
 * - `restart`: its pod is replaced or stopped; connections are closed
 * - `irreversible`: what is lost by it, or by what it permits, does not come back
 * - `refused`: it is not done: the schema, the API server or the server's own start refuses it
 */
export type Impact = 'none' | 'reload' | 'resize-online' | 'restart' | 'irreversible' | 'refused'

/** One changed field, taken apart. */
export interface ChangedField {
  readonly path: FieldPath
  /** Value before; `undefined` where the field is added. */
  readonly before: unknown
  /** Value after; `undefined` where the field is removed. */
  readonly after: unknown
}

/** The whole object before and after, where it is at hand: some answers need a second field. */
export interface ChangedObjects {
  readonly before?: KubernetesObject | undefined
  readonly after?: KubernetesObject | undefined
}

/**
 * One line of the table. The first line whose kind, field and condition hold is the answer.
 * @see isOfPattern for the pattern of `field`
 */
export interface ImpactRow {
  /** Kind and API group: `StatefulSet.apps`, `Service` for the group without a name. */
  readonly kind: string
  readonly field: string
  /** Absent: always. */
  readonly when?: (change: ChangedField, objects: ChangedObjects) => boolean
  readonly impact: Impact
  /** Why, as the end of a sentence that names field and impact. */
  readonly because: string
}

type Condition = NonNullable<ImpactRow['when']>

const isText = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'

/** The same amount in other words: `1024Mi` and `1Gi`. */
export const isSameAmount: Condition = ({ before, after }) =>
  isText(before) && isText(after) && isSameQuantity(before, after)

/** A larger amount than before. */
export const grows: Condition = ({ before, after }) =>
  isText(before) && isText(after) && (parseQuantity(after) ?? 0n) > (parseQuantity(before) ?? 0n)

interface ImageFields {
  readonly image?: string
  readonly postgresVersion?: string
}

const imageFields = (object: KubernetesObject | undefined): ImageFields => object?.['spec'] ?? {}

/** The major of a Database: by `postgresVersion`, else by the tag; `undefined` where neither tells. */
export function majorOf(object: KubernetesObject | undefined): string | undefined {
  const { image = '', postgresVersion } = imageFields(object)
  return postgresVersion ?? majorOfTag(image)
}

/** The major before and after is known and not the same: by `postgresVersion` where the object has it, else by the tag. */
export const isOtherMajor: Condition = ({ before, after }, objects) => {
  const major = (value: unknown, object: KubernetesObject | undefined): string | undefined =>
    imageFields(object).postgresVersion ?? (typeof value === 'string' ? majorOfTag(value) : undefined)
  const [old, wanted] = [major(before, objects.before), major(after, objects.after)]
  return old !== undefined && wanted !== undefined && old !== wanted
}

/** Debian before and Alpine after, or the other way round: another numeric user. */
export const isOtherVariant: Condition = ({ before, after }) =>
  typeof before === 'string' && typeof after === 'string' && variantOfTag(before) !== variantOfTag(after)

/** `postgresVersion` changes to or from what the image does not say itself. */
export const contradictsImage: Condition = ({ before, after }, objects) => {
  const old = before ?? majorOfTag(imageFields(objects.before).image ?? '')
  const wanted = after ?? majorOfTag(imageFields(objects.after).image ?? '')
  return old !== undefined && wanted !== undefined && old !== wanted
}

/** A word that a list of words holds on one side only. */
export const mentions =
  (word: string): Condition =>
  ({ before, after }) => {
    const holds = (value: unknown): boolean => (Array.isArray(value) ? value.includes(word) : value === word)
    return holds(before) !== holds(after)
  }
