import type { ObjectReference } from '../api/object.ts'
import { CHILD_ROWS } from './impact-of-children.ts'
import { DATABASE_ROWS } from './impact-of-database.ts'
import { STATEFUL_SET_ROWS } from './impact-of-stateful-set.ts'
import { isAbovePattern, isOfPattern, parsePath } from './impact-path.ts'
import type { FieldPath } from './impact-path.ts'
import type { ChangedField, ChangedObjects, Impact, ImpactRow } from './impact-row.ts'
import { isSameJson } from './json-equality.ts'

export type { ChangedObjects, Impact } from './impact-row.ts'

/** What a change does to the running database, and why. */
export interface ImpactJudgement {
  readonly impact: Impact
  /** The end of a sentence: `spec.image: restart, because the pod is replaced by one of this image`. */
  readonly because: string
  /** Instances that restart; absent for every other impact, and where the objects are not at hand. */
  readonly replicas?: number
}

/** The one table. Plans and whoever else wants to know ask it; nobody has rules of their own. */
export const IMPACT_ROWS: readonly ImpactRow[] = [...DATABASE_ROWS, ...STATEFUL_SET_ROWS, ...CHILD_ROWS]

const PATTERNS: ReadonlyMap<ImpactRow, FieldPath> = new Map(IMPACT_ROWS.map((row) => [row, parsePath(row.field)]))

/** From the mildest to the gravest. What does not happen at all stands last: it needs a person. */
const SEVERITY: readonly Impact[] = ['none', 'reload', 'resize-online', 'restart', 'irreversible', 'refused']

/**
 * What changing one field does to the database that runs.
 *
 * The answer holds for a Database and the objects that synthesis makes for it. A value that comes or goes as a whole is
 * judged by everything in it. Where the answer depends on fields that are not at hand, it is the graver one.
 * @param change `path` as `differences` writes it, or the names on the way; `before` and `after` may be masked
 * @param objects the whole object, which tells the major behind a digest and the number of instances
 * @returns `undefined` where the table knows nothing: another kind, or a field that synthesis never writes. That is not
 * the claim that nothing happens.
 */
export function impactOf(
  { apiVersion, kind }: Pick<ObjectReference, 'apiVersion' | 'kind'>,
  change: { readonly path: string | FieldPath; readonly before: unknown; readonly after: unknown },
  objects: ChangedObjects = {},
): ImpactJudgement | undefined {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  const rows = IMPACT_ROWS.filter((row) => row.kind === `${kind}${group}`)
  const path = typeof change.path === 'string' ? parsePath(change.path) : change.path
  const judgement = judge(rows, { path, before: change.before, after: change.after }, objects)
  return judgement?.impact === 'restart' ? { ...judgement, ...instances(objects) } : judgement
}

/**
 * The gravest of several. Nothing known is graver than `none` and milder than everything else: that nothing happens is
 * claimed only where it is known of every part.
 */
export function worstImpact(impacts: readonly (Impact | undefined)[]): Impact | undefined {
  const worst = Math.max(0, ...impacts.map((impact) => SEVERITY.indexOf(impact ?? 'none')))
  return worst === 0 && impacts.includes(undefined) ? undefined : SEVERITY[worst]
}

function judge(rows: readonly ImpactRow[], change: ChangedField, objects: ChangedObjects): ImpactJudgement | undefined {
  const pattern = (row: ImpactRow): FieldPath => PATTERNS.get(row) ?? []
  const row = rows.find(
    (candidate) => isOfPattern(change.path, pattern(candidate)) && (candidate.when?.(change, objects) ?? true),
  )
  if (row !== undefined) return { impact: row.impact, because: row.because }
  const parts = partsOf(change)
  if (parts.length === 0) {
    const isEmpty = rows.some((candidate) => isAbovePattern(change.path, pattern(candidate))) && isContainer(change)
    return isEmpty ? { impact: 'none', because: 'there is nothing in it' } : undefined
  }
  const judgements = parts.map((part) => judge(rows, part, objects))
  const impact = worstImpact(judgements.map((judgement) => judgement?.impact))
  return judgements.find((judgement) => judgement !== undefined && judgement.impact === impact)
}

/** The fields of a value that comes, goes or is exchanged as a whole. */
function partsOf({ path, before, after }: ChangedField): ChangedField[] {
  const [old, wanted] = [fieldsOf(before), fieldsOf(after)]
  return [...new Set([...old.keys(), ...wanted.keys()])]
    .map((key) => ({ path: [...path, key], before: old.get(key), after: wanted.get(key) }))
    .filter((part) => !isSameJson(part.before, part.after))
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  if (Array.isArray(value)) return new Map(value.map((item, index) => [`[${index}]`, item]))
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

const isContainer = ({ before, after }: ChangedField): boolean =>
  [before, after].every((value) => value === undefined || (typeof value === 'object' && value !== null))

function instances({ before, after }: ChangedObjects): { replicas: number } | undefined {
  const spec = (after ?? before)?.['spec'] as { replicas?: unknown } | undefined
  if (spec === undefined) return undefined
  return { replicas: typeof spec.replicas === 'number' ? spec.replicas : 1 }
}
