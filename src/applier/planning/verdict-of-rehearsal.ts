import { FIELD_MANAGER } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { FieldConflict } from '../../plan/field-conflict.ts'
import type { Succession } from '../../plan/succession.ts'
import { LAST_APPLIED_ANNOTATION } from '../../plan/client-side-migration.ts'
import { compare } from '../../plan/verdict.ts'
import { conflictRefusal } from './conflict-report.ts'
import { foreignRefusal } from './foreign.ts'
import type { Claim } from './foreign.ts'
import type { Rehearsal } from './rehearsal.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import type { PlanningOptions } from './planning-options.ts'

/** What the plan says about an object after the server was asked. */
export function verdictOfRehearsal(
  subject: Subject,
  live: KubernetesObject | undefined,
  rehearsal: Rehearsal,
  claim: Claim | undefined,
  options: PlanningOptions,
): PlannedItem {
  const { item, body } = subject
  const { applied, conflicts, succession } = rehearsal
  const compared = compare(live, applied, FIELD_MANAGER)
  const differences = compared.differences.filter(({ path }) => path !== LAST_APPLIED)
  const planned = { item, body, live, proof: 'dry-run', differences } as const
  if (claim !== undefined && !options.takeOver) {
    const { tracker } = claim
    // Whoever keeps it keeps it as desired: neither our owner reference nor our ownership is worth a quarrel.
    const isAsDesired =
      conflicts.length === 0 && differences.every(({ path }) => /^metadata\.ownerReferences\b/.test(path))
    if (isAsDesired && tracker !== undefined)
      return { ...planned, verdict: 'unchanged', differences: [], note: `kept by ${tracker.owner}` }
    return { ...planned, applied, verdict: 'foreign', refusal: foreignRefusal(subject, claim, options.rerun) }
  }
  const found = conflicts.length === 0 ? {} : { conflicts }
  if (conflicts.length > 0 && !options.force) {
    const refusal = conflictRefusal(subject, conflicts, options.rerun)
    return { ...planned, ...found, applied, verdict: 'conflict', refusal }
  }
  const verdict = claim === undefined ? compared.verdict : 'update'
  if (verdict !== 'update') return { ...planned, verdict }
  const notes = [
    ...(claim === undefined ? [] : [`takes over from ${claim.tracker?.owner ?? 'whoever made it'}`]),
    ...(succession?.isMigration === true ? [migration(succession, rehearsal.fieldsGone)] : []),
    ...conflicts.map(stolen),
  ]
  return {
    ...planned,
    ...found,
    applied,
    verdict,
    ...(succession === undefined ? {} : { succession }),
    ...(claim?.tracker === undefined ? {} : { takesOverFrom: claim.tracker }),
    ...(claim === undefined ? {} : { takesOver: true }),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  }
}

const LAST_APPLIED = `metadata.annotations["${LAST_APPLIED_ANNOTATION}"]`

/** The annotation is not worth counting: it is a copy. */
function migration({ managers, annotations }: Succession, gone: number): string {
  const fields = Math.max(0, gone - annotations.length)
  const names = managers.length === 0 ? '' : ` (${managers.join(', ')})`
  const lost = fields === 0 ? '' : `: ${fields} ${fields === 1 ? 'field goes' : 'fields go'}`
  return `migrates from client-side apply${names}${lost}`
}

/** `takes spec.replicas from kubectl (Update of scale)`. */
function stolen({ path, owners }: FieldConflict): string {
  const names = owners.map(({ manager, operation, subresource }) => {
    const how = subresource === undefined ? operation : `${operation} of ${subresource}`
    return how === '' ? manager : `${manager} (${how})`
  })
  return `takes ${path} from ${names.join(', ')}`
}
