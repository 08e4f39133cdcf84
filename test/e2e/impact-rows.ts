/** Which rows of the impact table answer for a change of manifests. */
import type { Database } from '../../src/api/database.ts'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { differences } from '../../src/plan/difference.ts'
import { IMPACT_ROWS } from '../../src/plan/impact.ts'
import { isOfPattern, parsePath } from '../../src/plan/impact-path.ts'
import type { ImpactRow } from '../../src/plan/impact-row.ts'

/**
 * Rows that answer for the fields in which two sets differ. A Database alone stands for what comes of it too, unless its change is
 * refused: then nothing comes of it.
 */
export function rowsOf(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): ImpactRow[] {
  const [first, ...others] = after
  if (first === undefined) return []
  const rows = rowsBetween(before, after)
  if (others.length > 0 || rows.some(({ impact }) => impact === 'refused')) return rows
  const children = [...before.slice(0, 1), first].map((object) => expandDatabase(object as unknown as Database))
  return [...rows, ...rowsBetween(children[0] ?? [], children[1] ?? [])]
}

function rowsBetween(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): ImpactRow[] {
  const old = new Map(before.map((object) => [formatReference(referenceOf(object)), object]))
  return after.flatMap((object) => {
    const former = old.get(formatReference(referenceOf(object)))
    if (former === undefined) return []
    return differences(former, object).flatMap((change) => {
      const leaves = leavesOf(parsePath(change.path), change.before, change.after)
      return leaves.flatMap((leaf) => rowOf(object, leaf, { before: former, after: object }) ?? [])
    })
  })
}

type Leaf = Parameters<NonNullable<ImpactRow['when']>>[0]

function fieldsOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [`[${index}]`, item])
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** A changed value, and everything in it: a row may be about a field that came with its parent. */
function leavesOf(path: readonly string[], before: unknown, after: unknown): Leaf[] {
  const [old, next] = [new Map(fieldsOf(before)), new Map(fieldsOf(after))]
  const keys = [...new Set([...old.keys(), ...next.keys()])]
  return [{ path, before, after }, ...keys.flatMap((key) => leavesOf([...path, key], old.get(key), next.get(key)))]
}

function rowOf(
  { apiVersion, kind }: KubernetesObject,
  leaf: Leaf,
  objects: { readonly before: KubernetesObject; readonly after: KubernetesObject },
): ImpactRow | undefined {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return IMPACT_ROWS.find(
    (row) =>
      row.kind === `${kind}${group}` &&
      isOfPattern(leaf.path, parsePath(row.field)) &&
      (row.when?.(leaf, objects) ?? true),
  )
}
