import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import { formatObject } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import type { Reporter } from '../report/event.ts'
import type { AppliedAction } from './applied-action.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { refusalOf } from './planning/failure.ts'
import { replaceObject } from './replacement.ts'
import { succeed } from './succeeding.ts'
import { reportEnd } from './waiting/wait-report.ts'
import { waitForObjects } from './waiting/waiting.ts'
import type { PlannedItem } from './planning/planned-item.ts'

/** What became of objects that belong to no database. */
export interface AppliedOthers {
  /** Exit codes of those that the server refused. */
  readonly failed: readonly ExitCode[]
  /** The others, as the server has them. */
  readonly objects: readonly KubernetesObject[]
}

/** How objects that belong to no database are applied. */
export interface OtherObjectsOptions {
  readonly force: boolean
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Applies the objects that belong to no database, kind by kind in the order of the set, those of one kind at the same
 * time. One that the server refuses after all holds up no other.
 */
export async function applyOthers(
  api: ClusterApi,
  others: readonly PlannedItem[],
  options: OtherObjectsOptions,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<AppliedOthers> {
  const results: AppliedOther[] = []
  for (const ofKind of Map.groupBy(others, ({ item }) => item.reference.kind).values()) {
    results.push(...(await Promise.all(ofKind.map((planned) => applyOne(api, planned, options, reporter, count)))))
  }
  return {
    failed: results.flatMap((result) => (typeof result === 'number' ? [result] : [])),
    objects: results.flatMap((result) => (typeof result === 'object' ? [result] : [])),
  }
}

/** The object as the server has it; an exit code where it refused; nothing where the object is left alone. */
type AppliedOther = KubernetesObject | ExitCode | undefined

async function applyOne(
  api: ClusterApi,
  planned: PlannedItem,
  options: OtherObjectsOptions,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<AppliedOther> {
  const { item, refusal, verdict, live } = planned
  // What moved since the plan was reviewed is left alone.
  if (refusal !== undefined) return undefined
  options.interrupt.throwIfAborted()
  try {
    let stored = live
    if (verdict !== 'unchanged') {
      const action = actionOf(planned)
      stored = await write(api, planned, options.force)
      count(action)
      reporter.report({ type: 'applied', object: item.reference, action })
    }
    return (await isServed(api, planned, stored, options, reporter)) ?? stored
  } catch (error) {
    const late = refusalOf(error, item)
    if (late === undefined) throw error
    const { reason, message, remedy, exitCode } = late
    const where = item.source === undefined ? {} : { where: item.source }
    const subject = formatObject(item.reference)
    reporter.report({ type: 'failed', subject, reason, message, remedy, exitCode, ...where })
    return exitCode
  }
}

/**
 * Waits until a definition is established: objects of its kind come next.
 * @returns the exit code, already reported, where it will not be
 */
async function isServed(
  api: ClusterApi,
  { item }: PlannedItem,
  stored: KubernetesObject | undefined,
  { deadline, interrupt, now }: OtherObjectsOptions,
  reporter: Reporter,
): Promise<ExitCode | undefined> {
  if (stored === undefined || item.reference.kind !== 'CustomResourceDefinition') return undefined
  const [outcome] = await waitForObjects(api, [stored], { deadline, interrupt, now })
  if (outcome === undefined || outcome.type === 'current') return undefined
  reportEnd(outcome, item.source, reporter)
  return outcome.exitCode
}

function actionOf({ verdict, live }: PlannedItem): AppliedAction {
  if (verdict === 'replace') return 'replace'
  return live === undefined ? 'create' : 'update'
}

async function write(api: ClusterApi, planned: PlannedItem, force: boolean): Promise<KubernetesObject> {
  const { body, live, verdict } = planned
  if (verdict === 'replace' && live?.metadata.uid !== undefined)
    return replaceObject(api, body, live.metadata.uid, force)
  await succeed(api, planned)
  return api.apply(body, { manager: FIELD_MANAGER, force })
}
