import type { Condition, ConditionType } from '../api/status.ts'

/** A condition before it is known whether its status moved. */
export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'> & { readonly type: ConditionType }

/** The condition of that type; `undefined` where there is none. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Whether the condition of that type is there and `True`. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: ConditionType): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/**
 * The conditions with one of them set: in its place where it was there, else at the end.
 * `lastTransitionTime` becomes `now` only where `status` differs, so that a new reason or message does not reset a clock
 * that others read ("for how long has it not been ready?").
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 */
export function setCondition(conditions: readonly Condition[], update: ConditionUpdate, now: string): Condition[] {
  const existing = conditions.find((condition) => condition.type === update.type)
  const lastTransitionTime = existing?.status === update.status ? existing.lastTransitionTime : now
  const condition: Condition = { ...update, lastTransitionTime }
  if (existing === undefined) return [...conditions, condition]
  return conditions.map((other) => (other === existing ? condition : other))
}

/** The conditions without one of them: how the kstatus pair is absent rather than `False`. */
export function removeCondition(conditions: readonly Condition[], type: ConditionType): Condition[] {
  return conditions.filter((condition) => condition.type !== type)
}
