import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { formatObject } from '../api/object.ts'
import type { Action, PlannedChange, Reporter } from '../report/event.ts'
import type { DatabaseItem } from './apply-set.ts'
import type { CredentialsPlan, PlannedSet } from './plan-set.ts'
import type { PlannedItem } from './planning.ts'

/** The plan as data for the reporters: what the user is shown before anything happens. */
export function plannedChanges(plan: PlannedSet): PlannedChange[] {
  const change = ({ item, verdict, differences, refusal }: PlannedItem): PlannedChange => ({
    object: item.reference,
    action: verdict,
    differences,
    ...(item.source === undefined ? {} : { source: item.source }),
    ...(refusal === undefined ? {} : { note: refusal.reason }),
  })
  return [
    ...plan.others.map(change),
    ...plan.databases.flatMap(({ item, resource, children, credentials }) => [
      change(resource),
      ...credentialsChange(item, credentials),
      ...children.map(change),
    ]),
  ]
}

function credentialsChange({ credentials }: DatabaseItem, plan: CredentialsPlan): PlannedChange[] {
  if (credentials === undefined || plan === 'existing') return []
  const { reference, source } = credentials
  return [
    { object: reference, ...CREDENTIALS_ACTIONS[plan], differences: [], ...(source === undefined ? {} : { source }) },
  ]
}

const CREDENTIALS_ACTIONS: Readonly<Record<Exclude<CredentialsPlan, 'existing'>, { action: Action; note?: string }>> = {
  keep: { action: 'unchanged' },
  create: { action: 'create', note: 'password generated in the cluster, never in Git' },
  lost: { action: 'refused', note: 'gone, while a volume holds data of its password: nothing is generated' },
}

/** Reports every object that is refused; returns the exit code, or `undefined` where none is. */
export function reportRefusals(plan: PlannedSet, reporter: Reporter): ExitCode | undefined {
  const items = [...plan.others, ...plan.databases.flatMap(({ resource, children }) => [resource, ...children])]
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
function worst(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [EXIT.usage, EXIT.failed, EXIT.refused, EXIT.conflict]
  return order.find((code) => codes.includes(code)) ?? EXIT.failed
}
