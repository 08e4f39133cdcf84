import { formatObject } from '../../api/object.ts'
import { EXIT } from '../../api/exit-code.ts'
import type { ExitCode } from '../../api/exit-code.ts'
import { ownersOf } from '../../plan/field-owners.ts'
import { impactOf, worstImpact } from '../../plan/impact.ts'
import { Masker } from '../../plan/masking.ts'
import type { Action, FieldChange, PlannedChange } from '../../plan/planned-change.ts'
import { comparable } from '../../plan/verdict.ts'
import type { Reporter } from '../../report/event.ts'
import type { DatabaseItem } from '../set/apply-set.ts'
import { surplusChanges } from '../set/surplus.ts'
import { maskConflicts } from './conflict-report.ts'
import { contentHash, intentHash } from './object-hash.ts'
import type { CredentialsPlan, PlannedSet } from './planned-set.ts'
import type { PlannedItem } from './planned-item.ts'

/** What a plan tells beyond actions and fields. */
export interface PlanDetails {
  /** Both documents of a changed object, for a text that compares them. */
  readonly documents: boolean
  /** Hashes by which a stored plan is tied to what was reviewed. */
  readonly hashes: boolean
}

/** The plan as data: what the user is shown before anything happens, with every secret value masked. */
export function plannedChanges(plan: PlannedSet, details: PlanDetails): PlannedChange[] {
  const masker = new Masker()
  const change = (planned: PlannedItem): PlannedChange => changeOf(planned, masker, details)
  return [
    ...plan.others.map(change),
    ...plan.databases.flatMap(({ item, resource, children, claims, surplus, credentials }) => [
      change(resource),
      ...credentialsChange(item, credentials),
      ...claims.map(change),
      ...children.map(change),
      ...surplusChanges(surplus),
    ]),
  ]
}

function changeOf(planned: PlannedItem, masker: Masker, details: PlanDetails): PlannedChange {
  const { item, verdict, proof, refusal, live, note } = planned
  const differences = fieldChanges(planned, masker)
  const impact = differences.length === 0 ? undefined : worstImpact(differences.map((field) => field.impact))
  return {
    object: item.reference,
    action: verdict,
    proof,
    differences,
    ...(impact === undefined ? {} : { impact }),
    ...(item.source === undefined ? {} : { source: item.source }),
    ...(refusal === undefined && note === undefined ? {} : { note: note ?? refusal?.reason ?? '' }),
    ...conflictsOf(planned, masker),
    ...(live?.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
    ...(live?.metadata.resourceVersion === undefined ? {} : { resourceVersion: live.metadata.resourceVersion }),
    ...(details.hashes ? hashesOf(planned) : {}),
    ...(details.documents ? documentsOf(planned, masker) : {}),
  }
}

function fieldChanges({ live, applied, differences, item, verdict }: PlannedItem, masker: Masker): FieldChange[] {
  if (live === undefined || differences.length === 0) return []
  const objects = { before: live, after: applied }
  const changes = differences.map((difference) => {
    const judged = impactOf(item.reference, difference, objects)?.impact
    // What is replaced was judged as a whole: taken over, it may even choose its pods by other labels.
    const impact = verdict === 'replace' && judged === 'refused' ? 'none' : judged
    return {
      ...difference,
      owners: ownersOf(live, difference.segments),
      ...(impact === undefined ? {} : { impact }),
    }
  })
  return masker.maskDifferences(live, changes)
}

function conflictsOf(planned: PlannedItem, masker: Masker): Pick<PlannedChange, 'conflicts'> {
  const { conflicts } = planned
  if (conflicts === undefined) return {}
  const masked = maskConflicts(planned.body, conflicts, masker)
  return { conflicts: masked.map(({ path, ours, live, owners }) => ({ path, ours, live, owners })) }
}

function hashesOf({ body, live, verdict, item }: PlannedItem): Pick<PlannedChange, 'intent' | 'content'> {
  // Of an unchanged object only its identity is kept, and nothing will be done to it.
  const content = live === undefined || verdict === 'unchanged' ? undefined : contentHash(live)
  return { intent: intentHash(item, body), ...(content === undefined ? {} : { content }) }
}

function documentsOf(planned: PlannedItem, masker: Masker): Pick<PlannedChange, 'documents'> {
  const { verdict, live, applied } = planned
  if (verdict !== 'create' && verdict !== 'update' && verdict !== 'replace') return {}
  const before = live === undefined ? undefined : masker.maskObject(comparable(live))
  return { documents: { before, after: masker.maskObject(comparable(applied ?? planned.body)) } }
}

function credentialsChange({ credentials }: DatabaseItem, plan: CredentialsPlan): PlannedChange[] {
  if (credentials === undefined || plan === 'existing') return []
  const { reference, source } = credentials
  return [
    {
      object: reference,
      ...CREDENTIALS_ACTIONS[plan],
      proof: 'observation',
      differences: [],
      ...(source === undefined ? {} : { source }),
    },
  ]
}

const CREDENTIALS_ACTIONS: Readonly<Record<Exclude<CredentialsPlan, 'existing'>, { action: Action; note?: string }>> = {
  keep: { action: 'unchanged' },
  create: { action: 'create', note: 'password generated in the cluster, never in Git' },
  lost: { action: 'refused', note: 'gone, while a volume holds data of its password: nothing is generated' },
}

/** Reports every object that is refused; returns the exit code, or `undefined` where none is. */
export function reportRefusals(items: readonly PlannedItem[], reporter: Reporter): ExitCode | undefined {
  const refused = items.filter(({ refusal }) => refusal !== undefined)
  for (const planned of refused) reportRefusal(reporter, planned)
  return refused.length === 0 ? undefined : worst(refused.map(({ refusal }) => refusal?.exitCode ?? EXIT.failed))
}

function reportRefusal(reporter: Reporter, { item, refusal }: PlannedItem): void {
  if (refusal === undefined) return
  const { reason, message, remedy, exitCode, path } = refusal
  const where = item.placeOf?.(path ?? [])
  reporter.report({
    type: 'failed',
    subject: formatObject(item.reference),
    reason,
    message,
    remedy,
    exitCode,
    ...(where === undefined ? {} : { where }),
  })
}

/** A conflict is told apart only where nothing else is wrong: the other causes must be mended first anyway. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [
    EXIT.interrupted,
    EXIT.usage,
    EXIT.failed,
    EXIT.refused,
    EXIT.conflict,
    EXIT.notReady,
  ]
  return order.find((code) => codes.includes(code)) ?? EXIT.done
}
