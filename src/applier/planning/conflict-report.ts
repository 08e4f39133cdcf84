import { EXIT } from '../../api/exit-code.ts'
import { KIND } from '../../api/group.ts'
import { handOverNameOf } from '../../api/handed-over.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { LocatedConflict } from '../../plan/field-conflict.ts'
import type { FieldOwner } from '../../plan/field-owners.ts'
import { Masker } from '../../plan/masking.ts'
import type { Refusal } from './failure.ts'
import type { Subject } from './planned-item.ts'

/**
 * The refusal to take fields of others, with the three ways out: leave each field to its owner, take its value into the
 * manifest, or take the field.
 * @param rerun the command line of this run with one more flag
 */
export function conflictRefusal(
  subject: Subject,
  conflicts: readonly LocatedConflict[],
  rerun: (flag: string) => string,
): Refusal {
  const masked = maskConflicts(subject.body, conflicts, new Masker())
  const fields = masked.map(
    ({ path, ours, live, owners }) =>
      `${path}: ${show(live)} live, ${show(ours)} in the manifest; owned by ${owners.map(describe).join(', ')}`,
  )
  const remedies = [
    ...leaving(subject, conflicts),
    `or keep the live value: ${masked.map(({ path, live }) => `set ${path} to ${show(live)}`).join(', ')}`,
    `or take ${conflicts.length === 1 ? 'the field' : 'the fields'}: ${rerun('--force-conflicts')}`,
  ]
  return {
    conflict: true,
    reason: 'FieldManagerConflict',
    message: [COUNT(conflicts.length), ...fields].join(INDENT),
    remedy: remedies.join(INDENT),
    exitCode: EXIT.conflict,
  }
}

/** Conflicts without secret values. */
export function maskConflicts<T extends LocatedConflict>(
  object: KubernetesObject,
  conflicts: readonly T[],
  masker: Masker,
): T[] {
  const differences = conflicts.map(({ path, ours, live }) => ({ path, before: live, after: ours }))
  const masked = masker.maskDifferences(object, differences)
  return conflicts.map((conflict, index) => ({
    ...conflict,
    live: masked[index]?.before,
    ours: masked[index]?.after,
  }))
}

/** Lines of an error begin below its first one. */
const INDENT = '\n       '

const COUNT = (fields: number): string =>
  fields === 1
    ? 'another manager owns a field with another value'
    : `other managers own ${fields} fields with other values`

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

/** `kubectl-edit (Update at 2026-11-21T16:00:00Z)`. */
function describe({ manager, operation, subresource, time }: FieldOwner): string {
  const how = subresource === undefined ? operation : `${operation} of ${subresource}`
  const details = [how, ...(time === undefined ? [] : [`at ${time}`])].filter((part) => part !== '').join(' ')
  return details === '' ? manager : `${manager} (${details})`
}

function leaving({ item, owner }: Subject, conflicts: readonly LocatedConflict[]): string[] {
  const names = conflicts.map(({ path }) => handOverNameOf(item.reference.kind, path))
  if (owner !== undefined && names.every((name) => name !== undefined)) {
    const list = [...new Set(names)].join(', ')
    return [`leave it to them: add handedOver: [${list}] to ${KIND} ${owner.name}; see docs/runbooks/hand-over.md`]
  }
  const paths = conflicts.map(({ path }) => path).join(', ')
  return [`leave it to them: remove ${paths} from the manifest`]
}
