import { EXIT } from '../../api/exit-code.ts'
import type { ExitCode } from '../../api/exit-code.ts'
import type { Database } from '../../api/database.ts'
import { Semaphore } from '../../cluster/semaphore.ts'
import type { Decision, Next } from '../../phases/decision.ts'
import { findCondition } from '../../phases/conditions.ts'
import type { Reporter } from '../../report/event.ts'
import type { AppliedAction } from '../applied-action.ts'
import type { DatabaseItem } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { DatabaseRunner } from './database-runner.ts'
import type { RunnerOptions } from './database-runner.ts'
import { outcomeOfError } from './failure.ts'
import type { DatabaseOutcome } from './outcome.ts'
import type { PlannedDatabase } from '../planning/planned-set.ts'
import type { RunOptions } from '../run-options.ts'
import type { SettledRecord } from '../planning/settled-record.ts'

/**
 * Walks every database to its end, all at the same time: one that waits or fails holds up no other. Only the work takes
 * turns.
 * @returns how each ended
 */
export async function runDatabases(
  api: ClusterApi,
  view: ClusterView,
  databases: readonly PlannedDatabase[],
  options: RunOptions,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<ExitCode[]> {
  const shared = {
    ...options,
    verifyUnchanged: options.verifyUnchanged ?? databases.length <= VERIFIED_ALWAYS,
    storesEveryPhase: databases.length <= FOLLOWED || options.paceMs > 0,
    turns: new Semaphore(options.concurrency),
    ending: AbortSignal.any([options.deadline, options.interrupt]),
  }
  try {
    return await Promise.all(
      databases.map(async (planned) => {
        const outcome =
          planned.settled === undefined
            ? await runOne(api, view, planned, withOwnDeadline(shared, options), reporter, count)
            : readyAsRemembered(planned.settled)
        options.settled?.keep(planned.item, outcome)
        return conclude(planned.item, outcome, reporter)
      }),
    )
  } finally {
    await view.stop()
  }
}

/** Of so many databases every phase is stored, for whoever watches. Of more, only what lasts: nobody follows a hundred. */
const FOLLOWED = 20

/** Each database may have a time of its own within that of the run. */
function withOwnDeadline<Options extends { readonly deadline: AbortSignal; readonly ending: AbortSignal }>(
  shared: Options,
  { objectTimeoutMs, interrupt }: RunOptions,
): Options {
  if (objectTimeoutMs === undefined) return shared
  const deadline = AbortSignal.any([shared.deadline, AbortSignal.timeout(objectTimeoutMs)])
  return { ...shared, deadline, ending: AbortSignal.any([deadline, interrupt]) }
}

function readyAsRemembered({ endpoint, secretName, verified }: SettledRecord): DatabaseOutcome {
  return { type: 'ready', status: { endpoint, secretName }, verification: verified ? 'earlier' : 'none' }
}

/** So many databases are logged in to also where nothing changed; with more, an earlier login that still stands will do. */
export const VERIFIED_ALWAYS = 10

async function runOne(
  api: ClusterApi,
  view: ClusterView,
  planned: PlannedDatabase,
  options: Omit<RunnerOptions, 'onStatus' | 'onApplied'>,
  reporter: Reporter,
  count: (action: AppliedAction) => void,
): Promise<DatabaseOutcome> {
  const { item } = planned
  let lastReason = ''
  const onStatus = (before: Database, { status, next }: Decision): void => {
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    const [reason, message, to] = [ready?.reason ?? '', ready?.message ?? '', status.phase]
    if (to === undefined) return
    if (before.status?.phase !== to) {
      reporter.report({ type: 'transition', database: item.key, from: before.status?.phase, to, reason, message })
    } else if (`${reason} ${message}` !== lastReason && isWait(next)) {
      reporter.report({ type: 'waiting', database: item.key, phase: to, reason, message })
    }
    lastReason = `${reason} ${message}`
  }
  try {
    return await new DatabaseRunner(api, view, planned, {
      ...options,
      onStatus,
      onApplied: (object, action) => {
        count(action)
        reporter.report({ type: 'applied', object, action })
      },
    }).run()
  } catch (error) {
    return outcomeOfError(error, options)
  }
}

/** Whether the run goes on, but not at once. A stall is told too: it may be what the run ends with. */
function isWait({ type }: Next): boolean {
  return type !== 'now' && type !== 'done' && type !== 'paused'
}

// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
function conclude({ key, resource }: DatabaseItem, outcome: DatabaseOutcome, reporter: Reporter): ExitCode {
  const place = resource.source === undefined ? {} : { where: resource.source }
  const subject = `Database ${key}`
  const [namespace = 'default', name = ''] = key.split('/')
  switch (outcome.type) {
    case 'ready': {
      const { endpoint = '', secretName = '' } = outcome.status
      reporter.report({ type: 'ready', database: key, endpoint, secretName, verified: outcome.verification !== 'none' })
      const degraded = findCondition(outcome.status.conditions, 'Degraded')
      if (degraded?.status === 'True') {
        reporter.report({ type: 'warning', message: `${subject}: ${degraded.reason}: ${degraded.message}` })
      }
      return EXIT.done
    }
    case 'applied':
      return EXIT.done
    case 'paused':
      reporter.report({ type: 'warning', message: `${subject} is paused: nothing was applied or judged` })
      return EXIT.done
    case 'stalled': {
      const remedy = REMEDIES[outcome.reason] ?? `kubectl -n ${namespace} describe database ${name}`
      reporter.report({
        type: 'failed',
        subject,
        reason: outcome.reason,
        message: outcome.message,
        remedy,
        exitCode: EXIT.failed,
        ...place,
      })
      return EXIT.failed
    }
    case 'timeout': {
      const thing = POD_REASONS.has(outcome.reason) ? `pod ${name}-0` : `database ${name}`
      const remedy = `mend the cause and run the same command again, or look closer: kubectl -n ${namespace} describe ${thing}`
      reporter.report({
        type: 'failed',
        subject,
        reason: `not ready in time: ${outcome.reason}`,
        message: outcome.message,
        remedy,
        exitCode: EXIT.notReady,
        ...place,
      })
      return EXIT.notReady
    }
    case 'interrupted':
      reporter.report({
        type: 'failed',
        subject,
        reason: 'interrupted',
        message: 'what was applied so far stays',
        remedy: 'run the same command again: it goes on from there',
        exitCode: EXIT.interrupted,
      })
      return EXIT.interrupted
  }
}

/** Reasons that the pod itself explains best. */
const POD_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'ContainerExited',
  'CreateContainerConfigError',
  'FailedMount',
  'PodNotReady',
  'PodStarting',
  'Unschedulable',
])

/** What a person can do about each reason to stall. */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsMissingForExistingData:
    'restore the Secret from a backup, or set a new password on the volume; see docs/runbooks/lost-credentials.md',
  MajorUpgradeRequired: 'set the image back to the major on the volume; see docs/runbooks/major-upgrade.md',
  // Stalls only a run that verifies nothing; any other tries again.
  LoginRejected: 'mend the cause, then run the same command without --verify=off: only a login proves it',
  IncompatibleDataDirectory: 'look at what is on the volume before anything else; see docs/runbooks/foreign-data.md',
}
