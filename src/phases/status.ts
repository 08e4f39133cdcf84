import type { Condition, ConditionType, DatabaseStatus, Phase } from '../api/status.ts'
import { formatSelector, selectorLabels } from '../api/labels.ts'
import { endpoint } from '../api/names.ts'
import { backupHealth, lastSuccessfulBackup } from './backup-health.ts'
import { generationOf, recordedRetry, remainingBackOffMs } from './back-off.ts'
import { findCondition, removeCondition, setCondition } from './conditions.ts'
import type { Cause, Outcome, Retry } from './outcome.ts'
import { isPodReady, isStandby } from './pod.ts'
import { knownRejection, verificationSubject } from './readiness.ts'
import { rolloutOf, standbyRolloutOf } from './rollout.ts'
import { certificateExpires } from './server-certificate.ts'
import type { World } from './world.ts'

/** The phases of a walk by how far they are; what is beside it has no rank. */
const RANKS: Readonly<Partial<Record<Phase, number>>> = {
  Pending: 0,
  Provisioning: 1,
  Configuring: 2,
  Deploying: 3,
  Updating: 3,
  Verifying: 4,
  Ready: 5,
}

/**
 * The whole status that an outcome amounts to. Everything in it is a function of the world and the outcome, so an
 * unchanged world gives an equal status and nothing is written.
 */
export function statusOf(world: World, outcome: Outcome): DatabaseStatus {
  const { database } = world
  const { name, namespace = 'default' } = database.metadata
  const rollout = rolloutOf(world)
  const standbys = standbyRolloutOf(world)
  const retry = outcome.retry ?? carriedRetry(world, outcome)
  const host = hasService(world) ? endpoint(name, namespace) : database.status?.endpoint
  const secretName = hasSecret(world) ? world.credentials.secretName : database.status?.secretName
  const login = outcome.ready === 'True' && world.verification?.ok === true ? world.verification : undefined
  const version = login?.serverVersion ?? database.status?.postgresVersion
  const expires = certificateExpires(world)
  const verifiedSubject = login?.subject ?? database.status?.verifiedSubject
  const lastBackup = lastSuccessfulBackup(world)
  const lastSnapshot =
    world.snapshots?.lastReady ??
    (database.spec.backup?.volumeSnapshot === undefined ? undefined : database.status?.lastVolumeSnapshot)
  return {
    phase: outcome.phase,
    ready: outcome.ready === 'True',
    ...(host === undefined ? {} : { endpoint: host }),
    ...(secretName === undefined ? {} : { secretName }),
    replicas: rollout === undefined ? world.pods.length : rollout.replicas + (standbys?.replicas ?? 0),
    readyReplicas: (rollout?.readyReplicas ?? 0) + (standbys?.readyReplicas ?? 0),
    selector: formatSelector(selectorLabels(name)),
    // Written with Ready only: its presence tells that the database was ready once.
    ...(version === undefined ? {} : { postgresVersion: version }),
    ...(verifiedSubject === undefined ? {} : { verifiedSubject }),
    ...(expires === undefined ? {} : { certificateExpires: expires }),
    ...(lastBackup === undefined ? {} : { lastSuccessfulBackup: lastBackup }),
    ...(lastSnapshot === undefined ? {} : { lastVolumeSnapshot: lastSnapshot }),
    observedGeneration: generationOf(world),
    ...(retry === undefined || retry.retries === 0 ? {} : { retries: retry.retries }),
    ...(retry?.nextRetryTime === undefined ? {} : { nextRetryTime: retry.nextRetryTime }),
    conditions: conditionsOf(world, outcome),
  }
}

const hasService = ({ statefulSet, children }: World): boolean =>
  statefulSet !== undefined && children.every(({ verdict }) => verdict !== 'create')

const hasSecret = ({ credentials }: World): boolean => credentials.state !== 'absent'

/**
 * The count of failures lives on while the attempt that failed is still before us. It ends with the phase in which it
 * failed, or when there is nothing left to attempt.
 */
function carriedRetry(world: World, outcome: Outcome): Retry | undefined {
  if (outcome.progress === 'complete') return undefined
  const before = world.database.status?.phase
  const isPastIt = before !== undefined && (RANKS[outcome.phase] ?? 0) > (RANKS[before] ?? Infinity)
  const isHeldBack = remainingBackOffMs(world) > 0
  return isHeldBack || (outcome.effects.length > 0 && !isPastIt) ? dueRetry(world) : undefined
}

/** The recorded retry; due now where a person asked for it, or the next pass would go on waiting. */
function dueRetry(world: World): Retry | undefined {
  const recorded = recordedRetry(world)
  const isAsked = world.retryRequested === true && recorded?.nextRetryTime !== undefined
  return isAsked ? { ...recorded, nextRetryTime: world.now } : recorded
}

function conditionsOf(world: World, outcome: Outcome): Condition[] {
  const { cause, progress, phase } = outcome
  const isFailed = phase === 'Failed'
  const judgements: readonly (Cause & { type: ConditionType; status: Condition['status'] })[] = [
    { type: 'Ready', status: outcome.ready, ...cause },
    { type: 'Progressing', ...progressOf(outcome) },
    { type: 'Available', ...availability(world) },
    {
      type: 'Degraded',
      ...(outcome.isAbnormal || outcome.held !== undefined
        ? { status: 'True', ...(outcome.held ?? cause) }
        : { status: 'False', reason: 'AsExpected', message: 'Nothing is abnormal.' }),
    },
    {
      type: 'Failed',
      ...(isFailed
        ? { status: 'True', ...cause }
        : { status: 'False', reason: 'NoFailure', message: 'No failure is known.' }),
    },
  ]
  const pair: readonly { type: ConditionType; isTrue: boolean }[] = [
    { type: 'Reconciling', isTrue: progress === 'progressing' },
    { type: 'Stalled', isTrue: progress === 'stalled' },
  ]
  const observedGeneration = generationOf(world)
  let conditions: Condition[] = world.database.status?.conditions ?? []
  for (const judgement of judgements) {
    conditions = setCondition(conditions, { ...judgement, observedGeneration }, world.now)
  }
  const health = backupHealth(world)
  conditions =
    health === undefined
      ? removeCondition(conditions, 'BackupHealthy')
      : setCondition(conditions, { type: 'BackupHealthy', ...health, observedGeneration }, world.now)
  for (const { type, isTrue } of pair) {
    conditions = isTrue
      ? setCondition(conditions, { type, status: 'True', ...cause, observedGeneration }, world.now)
      : removeCondition(conditions, type)
  }
  return conditions
}

function progressOf({ cause, progress, held }: Outcome): Cause & { status: Condition['status'] } {
  if (progress === 'progressing') return { status: 'True', ...(held ?? cause) }
  if (progress === 'stalled') return { status: 'False', ...cause }
  return progress === 'paused'
    ? { status: 'False', reason: 'Paused', message: 'spec.paused is set: nothing is applied or healed.' }
    : { status: 'False', reason: 'ReconciliationComplete', message: 'Everything is as the spec asks.' }
}

/**
 * Condition `Available`: whether a client can log in, as far as is known. A success is believed while one pod stays
 * ready, so that a rollout or a repair beside a working server does not deny it; a rejection, until somebody logs in
 * again.
 */
function availability(world: World): Cause & { status: Condition['status'] } {
  const { verification, pods, database } = world
  const before = findCondition(database.status?.conditions, 'Available')
  if (!pods.some((pod) => !isStandby(pod) && isPodReady(pod))) {
    const isAlone = !pods.some(isStandby)
    return {
      status: 'False',
      reason: 'NoReadyPod',
      message: isAlone ? 'No pod is ready.' : 'The primary is not ready.',
    }
  }
  if (
    verification !== undefined &&
    verification.ok !== 'skipped' &&
    verification.subject === verificationSubject(world)
  ) {
    return verification.ok
      ? { status: 'True', reason: 'LoginSucceeded', message: 'The application role logged in and ran a query.' }
      : { status: 'False', reason: verification.reason, message: verification.message }
  }
  const rejection = verification === undefined || verification.ok === 'skipped' ? knownRejection(world) : undefined
  if (rejection !== undefined) return { status: 'False', reason: rejection.reason, message: rejection.message }
  if (before?.status === 'True') return { status: 'True', reason: before.reason, message: before.message }
  return { status: 'Unknown', reason: 'NotVerified', message: 'Nobody has looked yet whether a login works.' }
}
