import { generationOf } from './back-off.ts'
import { findCondition } from './conditions.ts'
import type { Effect } from './decision.ts'
import { progressing, troubled } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'
import { startTimes } from './pod.ts'
import { isReadyAtGeneration } from './readiness.ts'
import { areStandbysRolledOut, isPrimaryRolledOut } from './rollout.ts'
import { parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'
import type { StandbyState } from '../api/standby-state.ts'

/** How soon the primary is asked again about standbys that do not stream yet. */
const STREAMING_POLL_MS = 3000

/** How long standbys that are ready may take to connect before something is wrong with them. */
const STREAMING_DEADLINE_MS = 60_000

/**
 * How far a standby may be behind before the database is called Degraded, in bytes: sixteen segments of the log. A busy
 * primary is a few megabytes ahead at any moment; a standby that keeps up does not fall back further.
 */
export const LAG_LIMIT_BYTES: number = 16 * 16 * 2 ** 20

/** Reason of a standby that was there and is not ready any more. */
const STANDBY_LOST = 'StandbyNotReady'

/**
 * Whether a standby is missing or not ready for no reason that the spec gives: the database was Ready at this very
 * generation. It goes on, so this is Degraded and not the usual course of a rollout.
 */
export function isStandbyLost(world: World): boolean {
  if (!isPrimaryRolledOut(world) || areStandbysRolledOut(world)) return false
  const degraded = findCondition(world.database.status?.conditions, 'Degraded')
  const isKnown =
    degraded?.status === 'True' &&
    degraded.reason === STANDBY_LOST &&
    degraded.observedGeneration === generationOf(world)
  return isKnown || isReadyAtGeneration(world)
}

/** The cause of a standby that was lost. */
export function standbyLost({ reason, message }: Cause): Cause {
  return { reason: STANDBY_LOST, message: `The primary serves; a standby does not: ${reason}: ${message}` }
}

/** Creates the Secret of the standbys, or adds what is missing in it. */
export function makeReplicationSecret({ replicationSecret }: World): Outcome | undefined {
  if (replicationSecret === undefined || replicationSecret === 'complete') return undefined
  const cause = {
    reason: 'CreatingCredentials',
    message: 'Creating the Secret by which standbys get in at the primary.',
  }
  return progressing('Provisioning', cause, { type: 'now' }, [{ type: 'make-replication-secret' }])
}

/** What the primary said of the standbys in the login that is judged; none where nobody asked. */
function statesOf({ verification }: World): readonly StandbyState[] {
  return verification?.ok === true ? (verification.standbys ?? []) : []
}

/** Standbys that do not get what is written: the primary is asked until they do. */
export function awaitingStandbys(world: World, verify: Effect): Outcome | undefined {
  const { verification } = world
  const others = statesOf(world).filter(({ state }) => state !== 'streaming')
  if (others.length === 0 || verification?.ok !== true) return undefined
  const now = parseTimestamp(world.now) ?? 0
  const leftMs = STREAMING_POLL_MS - Math.max(now - (parseTimestamp(verification.at) ?? now), 0)
  const [next, effects] =
    leftMs > 0 ? ([{ type: 'change', withinMs: leftMs }, []] as const) : ([{ type: 'now' }, [verify]] as const)
  const message = `${others.map(describe).join('; ')}.`
  const deletions = hopelessStandbys(world, others, now)
  if (deletions.length > 0) {
    return troubled('Verifying', { reason: 'StandbyNotStreaming', message }, { type: 'now' }, deletions)
  }
  const isLost = others.some(({ state }) => state === 'lost')
  if (isLost || isLate(world, now)) {
    return troubled(
      'Verifying',
      { reason: 'StandbyNotStreaming', message: `The application role logs in. ${message}` },
      next,
      effects,
    )
  }
  return progressing('Verifying', { reason: 'WaitingForStandbys', message }, next, effects)
}

/**
 * Pods of standbys that can never stream again, for the primary keeps nothing for them: their init container clones anew.
 * A pod is given time to come to the primary first, so that one that does not help is not deleted again and again.
 */
function hopelessStandbys({ pods }: World, others: readonly StandbyState[], now: number): readonly Effect[] {
  return others.flatMap(({ pod: name, state }): Effect[] => {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    const since = Math.max(...(pod === undefined ? [] : startTimes(pod)).map((time) => parseTimestamp(time) ?? now))
    const isHopeless = (state === 'lost' || state === 'unknown') && now - since > STREAMING_DEADLINE_MS
    const uid = pod?.metadata.uid
    return !isHopeless || uid === undefined ? [] : [{ type: 'delete-pod', name, uid, reason: 'StandbyNotStreaming' }]
  })
}

// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
function describe({ pod, state }: StandbyState): string {
  switch (state) {
    case 'lost':
      return `the primary no longer keeps the log that standby ${pod} needs: it is cloned anew`
    case 'disconnected':
      return `standby ${pod} is not connected to the primary`
    case 'unknown':
      return `standby ${pod} has not come to the primary yet`
    case 'streaming':
      return `standby ${pod} streams`
  }
}

/** Whether it has taken longer than it may; condition `Progressing` says since when something is under way. */
function isLate({ database: { status } }: World, now: number): boolean {
  const progress = findCondition(status?.conditions, 'Progressing')
  const since = progress?.status === 'True' ? parseTimestamp(progress.lastTransitionTime) : undefined
  return since === undefined || now - since > STREAMING_DEADLINE_MS
}

/** A standby that streams and is far behind: clients lose nothing, readers see old data. */
export function laggingStandbys(world: World): Cause | undefined {
  const lagging = statesOf(world).filter(({ lagBytes = 0 }) => lagBytes > LAG_LIMIT_BYTES)
  if (lagging.length === 0) return undefined
  const list = lagging.map(({ pod, lagBytes = 0 }) => `${pod} by ${Math.floor(lagBytes / 2 ** 20)} MB`).join(', ')
  return {
    reason: 'StandbyLagging',
    message: `The application role logs in. Standbys are behind the primary: ${list}.`,
  }
}

/** Numbers of the standbys that the primary is to be asked about; absent where there are none. */
export function askedStandbys({ database: { spec } }: World): { readonly standbys?: number } {
  return spec.replicas > 1 ? { standbys: spec.replicas - 1 } : {}
}
