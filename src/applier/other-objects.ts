import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import { formatObject } from '../api/object.ts'
import type { Reporter } from '../report/event.ts'
import type { AppliedAction } from './applied-action.ts'
import type { ClusterApi } from './cluster-api.ts'
import { waitUntilEstablished } from './definition.ts'
import { refusalOf } from './failure.ts'
import type { PlannedItem } from './planning.ts'
import { replaceObject } from './replacement.ts'
import { succeed } from './succeeding.ts'

/** How objects that belong to no database are applied. */
export interface OtherObjectsOptions {
  readonly force: boolean
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
}

/**
 * Applies the objects that belong to no database, kind by kind in the order of the set, those of one kind at the same
 * time. One that the server refuses after all holds up no other.
 * @returns the exit codes of those that failed
 */
export async function applyOthers(
  api: ClusterApi,
  others: readonly PlannedItem[],
  options: OtherObjectsOptions,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<ExitCode[]> {
  const failed: ExitCode[] = []
  for (const ofKind of Map.groupBy(others, ({ item }) => item.reference.kind).values()) {
    const codes = await Promise.all(ofKind.map((planned) => applyOne(api, planned, options, reporter, count)))
    failed.push(...codes.filter((code) => code !== EXIT.done))
  }
  return failed
}

async function applyOne(
  api: ClusterApi,
  planned: PlannedItem,
  options: OtherObjectsOptions,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<ExitCode> {
  const { item, refusal, verdict } = planned
  // What moved since the plan was reviewed is left alone.
  if (refusal !== undefined) return EXIT.done
  options.interrupt.throwIfAborted()
  try {
    if (verdict !== 'unchanged') {
      const action = await write(api, planned, options.force)
      count(action)
      reporter.report({ type: 'applied', object: item.reference, action })
    }
    if (item.reference.kind === 'CustomResourceDefinition')
      await waitUntilEstablished(api, item.reference, options.deadline)
    return EXIT.done
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

async function write(api: ClusterApi, planned: PlannedItem, force: boolean): Promise<AppliedAction> {
  const { body, live, verdict } = planned
  if (verdict === 'replace' && live?.metadata.uid !== undefined) {
    await replaceObject(api, body, live.metadata.uid, force)
    return 'replace'
  }
  await succeed(api, planned)
  await api.apply(body, { manager: FIELD_MANAGER, force })
  return live === undefined ? 'create' : 'update'
}
