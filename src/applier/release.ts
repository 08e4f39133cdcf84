import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import { formatObject } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import { isConflict, isForbidden } from '../cluster/error-guards.ts'
import { ApiError } from '../cluster/errors.ts'
import { countOwned, givingUpPatch, ownEntries } from '../plan/giving-up.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { Reporter } from '../report/event.ts'
import { RunTally } from './run-tally.ts'
import { itemsOf } from './set/apply-set.ts'
import type { ApplyItem, ApplySet } from './set/apply-set.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import { readLive } from './cluster/live-objects.ts'

/** How a release behaves. */
export interface ReleaseOptions {
  /** `server`: show what would be given up, and stop. */
  readonly dryRun: 'none' | 'server'
  readonly interrupt: AbortSignal
  readonly now: () => number
}

/** Attempts while somebody else writes an object. */
const ATTEMPTS = 5

/** So many objects are released at the same time. */
const AT_ONCE = 16

/**
 * Gives up the ownership of every field that an apply of these manifests took, and changes no value: afterwards anybody
 * else may apply them without a conflict. What the phases keep (status, the password) stays theirs.
 *
 * Running it again does nothing.
 * @returns 0 where nothing is owned any more, 1 where an object could not be released or none exists
 */
export async function runRelease(
  api: ClusterApi,
  set: ApplySet,
  options: ReleaseOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const tally = new RunTally(api, options.now)
  const found = await findLive(api, set)
  const changes = found.map(changeOf)
  tally.plan(changes)
  reporter.report({ type: 'planned', changes, showDifferences: false })
  const owned = found.filter(({ live }) => isOwned(live))
  if (found.length === 0) {
    reporter.report({ type: 'failed', ...NOTHING })
    return tally.finish(NOTHING.exitCode, reporter)
  }
  if (options.dryRun === 'server') return tally.finishDryRun(EXIT.done, reporter)
  let failed = false
  const release = async ({ item, live }: Found): Promise<void> => {
    try {
      await giveUp(api, item, live)
      tally.applied('update')
      reporter.report({ type: 'applied', object: item.reference, action: 'update' })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failed = true
      tally.failed(1)
      reporter.report({ type: 'failed', ...failureOf(error, item) })
    }
  }
  for (let first = 0; first < owned.length; first += AT_ONCE) {
    if (options.interrupt.aborted) return tally.finish(EXIT.interrupted, reporter)
    await Promise.all(owned.slice(first, first + AT_ONCE).map(release))
  }
  return tally.finish(failed ? EXIT.failed : EXIT.done, reporter)
}

/** An object of the set that exists. */
interface Found {
  readonly item: ApplyItem
  readonly live: KubernetesObject
}

/** In the order of the set. */
async function findLive(api: ClusterApi, set: ApplySet): Promise<Found[]> {
  const items = itemsOf(set)
  const lives = new Map<ApplyItem, KubernetesObject>()
  await readLive(api, items, {
    onLive: (item, live) => {
      if (live !== undefined) lives.set(item, live)
    },
  })
  return items.flatMap((item) => {
    const live = lives.get(item)
    return live === undefined ? [] : [{ item, live }]
  })
}

const isOwned = (live: KubernetesObject): boolean => ownEntries(live, FIELD_MANAGER).length > 0

function changeOf({ item, live }: Found): PlannedChange {
  const { uid, resourceVersion } = live.metadata
  const fields = countOwned(live, FIELD_MANAGER)
  return {
    object: item.reference,
    action: isOwned(live) ? 'update' : 'unchanged',
    proof: 'observation',
    differences: [],
    ...(item.source === undefined ? {} : { source: item.source }),
    ...(isOwned(live) ? { note: `gives up ${fields} ${fields === 1 ? 'field' : 'fields'}; every value stays` } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}

async function giveUp(api: ClusterApi, { reference }: ApplyItem, live: KubernetesObject): Promise<void> {
  let current: KubernetesObject | undefined = live
  for (let attempt = 1; ; attempt += 1) {
    if (current === undefined || !isOwned(current)) return
    try {
      await api.patch(reference, givingUpPatch(current, FIELD_MANAGER), { manager: FIELD_MANAGER })
      return
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      current = await api.get(reference)
    }
  }
}

function failureOf(error: ApiError, { reference, source }: ApplyItem): Failure {
  return {
    subject: formatObject(reference),
    reason: error.reason ?? `Http${error.code}`,
    message: error.serverMessage,
    remedy: isForbidden(error)
      ? `ask for the right to patch ${error.target.resource}`
      : 'run the same command again: what is released stays released',
    exitCode: EXIT.failed,
    ...(source === undefined ? {} : { where: source }),
  }
}

type Failure = Omit<Extract<Parameters<Reporter['report']>[0], { type: 'failed' }>, 'type'>

const NOTHING = {
  subject: 'release',
  reason: 'nothing to release',
  message: 'none of these objects exists in this cluster and namespace',
  remedy: 'check --context and -n',
  exitCode: EXIT.failed,
} as const
