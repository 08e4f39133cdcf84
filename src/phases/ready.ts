import { effectsOn, pendingChildren } from './children.ts'
import type { Outcome } from './outcome.ts'
import { collationTrouble } from './collation.ts'
import { configurationTrouble } from './configuration.ts'
import { certificateTrouble, lookAgainMs } from './server-certificate.ts'
import { ALL_CHECKS_PASSED, isReadyAtGeneration, NOT_VERIFIED, verificationState } from './readiness.ts'
import { isRolledOut } from './rollout.ts'
import { laggingStandbys } from './standbys.ts'
import { removals } from './surplus.ts'
import type { World } from './world.ts'

/**
 * Everything is as desired and, unless this run verifies nothing, a login proved it. A setting that the server has not
 * taken over takes nothing from clients: it is Degraded, with the reason on Ready as well.
 */
export function ready(world: World): Outcome {
  const isVerified = verificationState(world) === 'passed'
  const againMs = lookAgainMs(world)
  const trouble = isVerified
    ? (collationTrouble(world) ?? configurationTrouble(world) ?? laggingStandbys(world) ?? certificateTrouble(world))
    : undefined
  return {
    phase: 'Ready',
    ready: 'True',
    cause:
      trouble ??
      (isVerified
        ? { reason: ALL_CHECKS_PASSED, message: 'The application role logs in, and everything is as the spec asks.' }
        : { reason: NOT_VERIFIED, message: 'Every pod is ready. Nothing was verified: no login was tried.' }),
    progress: 'complete',
    isAbnormal: trouble !== undefined,
    effects: [],
    next: { type: 'done', ...(againMs === undefined ? {} : { lookAgainMs: againMs }) },
  }
}

/**
 * Drift beside a database that is Ready and stays so: it is corrected without a word in the status, for nothing
 * restarts. A correction that does roll the pods shows itself in the next pass, as Updating.
 */
export function correctingDrift(world: World): Outcome | undefined {
  const children = pendingChildren(world)
  const gone = removals(world)
  if (children.length + gone.length === 0 || world.credentials.state !== 'complete') return undefined
  if (!isReadyAtGeneration(world) || !isRolledOut(world)) return undefined
  const state = verificationState(world)
  if (state !== 'passed' && state !== 'skipped') return undefined
  return { ...ready(world), effects: [...gone, ...effectsOn(children)], next: { type: 'now' } }
}
