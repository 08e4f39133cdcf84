import type { Decision } from '../../phases/decision.ts'
import type { VerificationObservation, World } from '../../phases/world.ts'
import { TERMINATING } from './observation.ts'
import type { DatabaseOutcome } from './outcome.ts'
import type { VerificationRoute } from './verification.ts'

/** What the end of a run depends on beside its decisions. */
export interface OutcomeOptions {
  readonly wait: boolean
  readonly route: VerificationRoute
  /** Aborted when the time is over. */
  readonly deadline: AbortSignal
  /** Aborted when the user interrupts. */
  readonly interrupt: AbortSignal
}

/** What is said of a status that says nothing about readiness: another program wrote it. */
const UNSAID = { reason: 'NoStatusYet', message: 'Its status does not say whether it is ready.' }

/** How the run of a database ends with this pass; `undefined` where it goes on. */
export function outcomeOf(
  world: World,
  { next, status, effects }: Decision,
  verification: VerificationObservation | undefined,
  { wait, route, deadline, interrupt }: OutcomeOptions,
): DatabaseOutcome | undefined {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const { reason, message } = ready ?? UNSAID
  if (interrupt.aborted) return { type: 'interrupted' }
  const going = world.claims.find(({ phase }) => phase === TERMINATING)
  if (next.type === 'done' && going !== undefined) return claimIsGoing(going.name)
  if (next.type === 'done') {
    return { type: 'ready', status, verification: howVerified(verification, route) }
  }
  if (next.type === 'paused') return { type: 'paused' }
  if (next.type === 'stalled') return { type: 'stalled', reason: next.reason, message }
  if (deadline.aborted) return { type: 'timeout', reason, message }
  const isWaiting = next.type !== 'now' && effects.length === 0
  return isWaiting && !wait ? { type: 'applied' } : undefined
}

function claimIsGoing(claim: string): DatabaseOutcome {
  const message = `claim ${claim} was deleted: its data is lost as soon as the pod stops. Make a copy now.`
  return { type: 'stalled', reason: 'ClaimTerminating', message }
}

/** How the readiness is known: by a login of this run, by one that an earlier run made and that still stands, or not. */
function howVerified(
  verification: VerificationObservation | undefined,
  route: VerificationRoute,
): 'verified' | 'earlier' | 'none' {
  if (verification?.ok === true) return 'verified'
  return verification === undefined && route !== 'off' ? 'earlier' : 'none'
}
