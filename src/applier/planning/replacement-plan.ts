import { EXIT } from '../../api/exit-code.ts'
import { API_VERSION, FIELD_MANAGER, KIND } from '../../api/group.ts'
import { formatObject } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { isInvalid } from '../../cluster/error-guards.ts'
import {
  completedBy,
  immutableChanges,
  immutableFieldsIn,
  selectorOf,
  valueAt,
  withFieldsOf,
} from '../../plan/immutable.ts'
import type { FieldNames } from '../../plan/immutable.ts'
import { isSameJson } from '../../plan/json-equality.ts'
import type { LocatedDifference } from '../../plan/difference.ts'
import { impactOf } from '../../plan/impact.ts'
import { immutableDifferences, replaceabilityOf } from '../../plan/replaceability.ts'
import type { Replaceability } from '../../plan/replaceability.ts'
import { judgeAdoption } from './adoption.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { refusalOf } from './failure.ts'
import type { Refusal } from './failure.ts'
import type { Claim } from './foreign.ts'
import { wayOut } from './immutable-way-out.ts'
import { keepsDependents } from './kept-dependents.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import type { PlanningOptions } from './planning-options.ts'

/**
 * The plan for an object that the server refuses because a field may not change; `undefined` where it refuses it for
 * another reason.
 *
 * The rest of the object is judged by the server as if that field stayed, so that everything else that is wrong is told
 * as well, and the plan shows what really changes. Whether it may be deleted is asked too.
 * @param error what the server said
 * @param judgeRest judges the object with its immutable fields as they are
 */
export async function judgeReplacement(
  api: ClusterApi,
  subject: Subject,
  live: KubernetesObject | undefined,
  error: unknown,
  options: PlanningOptions,
  judgeRest: (rest: Subject) => Promise<PlannedItem>,
): Promise<PlannedItem | undefined> {
  if (live === undefined || !isInvalid(error)) return undefined
  const { item, body } = subject
  const fields = immutableChanges(error.causes, body, live, FIELD_MANAGER)
  if (fields === undefined) return undefined
  const rest = withFieldsOf(body, live, fields)
  if (isSameJson(rest, body)) return undefined
  const judged = await judgeRest({ ...subject, body: rest })
  if (judged.refusal !== undefined) return { ...judged, body }
  const changes = immutableDifferences(body, live, fields)
  const planned = {
    ...judged,
    body,
    applied: completed(judged.applied ?? live, body, live, fields),
    differences: [...judged.differences, ...changes],
  }
  const possible = replaceabilityOf(item.reference, changes, false)
  const names = namesOf(fields)
  if (possible.type === 'kept')
    return { ...planned, verdict: 'refused', refusal: keptRefusal(subject, changes, names, possible, error) }
  if (possible.type === 'replaceable' && options.recreate !== true) {
    const refusal: Refusal = {
      conflict: false,
      reason: 'ImmutableField',
      message: `${names} cannot change: ${formatObject(item.reference)} must be deleted and created again${keepsDependents(item.reference) ? '; its pods go on running' : ''}`,
      remedy: `allow it: ${options.rerun('--recreate')}`,
      exitCode: EXIT.refused,
    }
    return { ...planned, verdict: 'refused', refusal }
  }
  const denied = await deletionDenied(api, subject, live)
  if (denied !== undefined) return { ...planned, verdict: 'refused', refusal: denied }
  const note = [...(judged.note === undefined ? [] : [judged.note]), noteOf(planned, names, possible.type)].join('; ')
  return {
    ...planned,
    verdict: 'replace',
    note,
    ...(possible.type === 'replaceable' ? { isRecreated: true } : {}),
  }
}

/**
 * The plan to take over a StatefulSet that chooses its pods by other labels; `undefined` for any other object. Its
 * volumes stay what they are until it is ours.
 */
export async function judgeTakeOver(
  api: ClusterApi,
  subject: Subject,
  live: KubernetesObject,
  claim: Claim,
): Promise<PlannedItem | undefined> {
  const { item, body } = subject
  if (item.reference.kind !== 'StatefulSet' || isSameJson(selectorOf(body), selectorOf(live))) return undefined
  const fields = immutableFieldsIn(body, live).filter((field) => valueAt(body, field) !== undefined)
  const changes = immutableDifferences(body, live, fields)
  const possible = replaceabilityOf(item.reference, changes, true)
  const size = changes.find((change) => isGrowth(item.reference, change))
  const refusal =
    possible.type === 'kept'
      ? keptRefusal(subject, changes, 'spec.volumeClaimTemplates', possible)
      : size === undefined
        ? await deletionDenied(api, subject, live)
        : growsLater(String(size.before))
  const adopted = await judgeAdoption(api, subject, live, claim)
  // Where the data lies elsewhere, that is the cause of whatever else differs.
  return adopted.refusal !== undefined || refusal === undefined ? adopted : { ...adopted, verdict: 'refused', refusal }
}

function isGrowth({ apiVersion, kind }: ObjectReference, change: LocatedDifference): boolean {
  return impactOf({ apiVersion, kind }, change)?.impact === 'resize-online'
}

function growsLater(size: string): Refusal {
  return {
    conflict: false,
    reason: 'ImmutableField',
    message: `its volume is of ${size}: it is taken over first, and grows then`,
    remedy: `set storage.size to ${size}, and to more in a second step`,
    exitCode: EXIT.failed,
    path: ['spec', 'volumeClaimTemplates'],
  }
}

function keptRefusal(
  subject: Subject,
  changes: readonly LocatedDifference[],
  names: string,
  { reason, because }: Extract<Replaceability, { type: 'kept' }>,
  error?: unknown,
): Refusal {
  const told = error === undefined ? undefined : refusalOf(error, subject.item)
  // The rules of our own resource say best themselves what may change and what not.
  const isOurs = subject.item.reference.kind === KIND && subject.item.reference.apiVersion === API_VERSION
  const path = told?.path
  return {
    conflict: false,
    reason,
    message:
      told !== undefined && isOurs
        ? told.message
        : `${names} cannot change, and it is not deleted and created again: ${because}`,
    exitCode: EXIT.failed,
    ...wayOut(subject, changes, reason),
    ...(path === undefined ? {} : { path }),
  }
}

const namesOf = (fields: readonly FieldNames[]): string => fields.map((field) => field.join('.')).join(', ')

/** The plan for an object that is on its way out: it is made again, whatever it looks like now. */
export function judgeGoing({ item, body }: Subject, live: KubernetesObject): PlannedItem | undefined {
  if (live.metadata.deletionTimestamp === undefined || !keepsDependents(item.reference)) return undefined
  const note = 'it is being deleted: created again as soon as it is gone'
  return { item, body, live, verdict: 'replace', proof: 'observation', differences: [], note }
}

function completed(
  applied: KubernetesObject,
  body: KubernetesObject,
  live: KubernetesObject,
  fields: readonly FieldNames[],
): KubernetesObject {
  const desired = fields.reduce<KubernetesObject>(
    (object, field) =>
      withFieldsOf(object, nested(field, completedBy(valueAt(body, field), valueAt(live, field))), [field]),
    applied,
  )
  return desired
}

const nested = (field: FieldNames, value: unknown): KubernetesObject =>
  field.reduceRight<unknown>((held, name) => ({ [name]: held }), value) as KubernetesObject

function noteOf({ item, differences }: PlannedItem, names: string, type: 'growth' | 'replaceable'): string {
  if (!keepsDependents(item.reference)) return `deleted and created again: ${names} cannot change`
  const isRestarted = differences.some(({ path }) => path.startsWith('spec.template'))
  const pods = isRestarted ? 'its pods stay and restart for the changed template' : 'its pods go on running'
  const how = `deleted without its pods and created again: ${names} cannot change; ${pods}`
  return type === 'growth' ? `after its claims have grown, ${how}` : how
}

/** Asked by a dry run: rights and admission have their say before anything is written. */
async function deletionDenied(
  api: ClusterApi,
  { item }: Subject,
  live: KubernetesObject,
): Promise<Refusal | undefined> {
  try {
    const orphan = keepsDependents(item.reference)
    await api.delete(item.reference, live.metadata.uid ?? '', undefined, { orphan, dryRun: true })
    return undefined
  } catch (error) {
    const refusal = refusalOf(error, item)
    if (refusal === undefined) throw error
    return refusal
  }
}
