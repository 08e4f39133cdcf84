import { ROTATE_ANNOTATION } from '../api/group.ts'
import { backOffMs, isCounted, nextRetry, TRANSIENT_BACK_OFF_MS } from './back-off.ts'
import type { Effect } from './decision.ts'
import { progressing, troubled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { verificationSubject } from './readiness.ts'
import type { VerificationObservation, World } from './world.ts'

/**
 * The role gets the password that the Secret asks for. What is to be done is observed from the Secret: a next password
 * that stands beside the current one, or a current one that somebody has put there. Which of them the server accepts,
 * only a login tells, so that is part of the effect.
 *
 * A run that makes no login (`--verify off`) cannot rotate and leaves everything as it is.
 */
export function rotating(world: World): Outcome | undefined {
  const step = nextStep(world)
  if (step === undefined) return undefined
  const { effect, message } = step
  const failed = failedAttempt(world)
  if (failed === undefined) {
    return progressing('Deploying', { reason: 'RotatingCredentials', message }, { type: 'now' }, [effect])
  }
  const cause = { reason: failed.reason, message: failed.message }
  if (isCounted(world, failed.at)) return troubled('Deploying', cause, { type: 'now' }, [effect])
  const { delayMs, ...retry } = nextRetry(world, (failures) => backOffMs(TRANSIENT_BACK_OFF_MS, failures))
  return { ...troubled('Deploying', cause, { type: 'after', delayMs, reason: cause.reason }), retry }
}

/** What is to be done, and how it is said. */
function nextStep(world: World): { readonly effect: Effect; readonly message: string } | undefined {
  const { credentials, verification } = world
  if (credentials.state !== 'complete' || verification?.ok === 'skipped') return undefined
  const { secretName, rotation } = credentials
  const subject = verificationSubject(world)
  const request = unansweredRequest(world)
  // An edited one first: its forms tell the password that the server still has, and staging would write them anew.
  if (request !== undefined && rotation !== 'staged' && rotation !== 'edited') {
    const message = `Putting a new password into Secret ${secretName}, beside the current one.`
    return { effect: { type: 'stage-password', request, subject }, message }
  }
  if (rotation === undefined || (rotation === 'possible' && !isRejected(world))) return undefined
  const message = `Giving the application role the password that Secret ${secretName} asks for.`
  return { effect: { type: 'rotate-password', subject }, message }
}

/** The value of the annotation that no password has answered yet. Only passwords that are made here can be asked for. */
function unansweredRequest({ credentials, database }: World): string | undefined {
  const request = database.metadata.annotations?.[ROTATE_ANNOTATION]
  const isAnswered = request === undefined || request === '' || request === credentials.rotatedFor
  return isAnswered || credentials.source !== 'generated' ? undefined : request
}

/**
 * A password beside the current one is tried only after the server rejected that: somebody may keep both for ever. Once
 * both were rejected it stays due, so that what failed is not called a usual login.
 */
function isRejected(world: World): boolean {
  const failed = failedLogin(world)
  return failed !== undefined && (failed.reason === 'LoginRejected' || ROTATION_REASONS.has(failed.reason))
}

/** The last attempt at just this. A usual login that was rejected is no attempt, but the reason for one. */
function failedAttempt(world: World): ReturnType<typeof failedLogin> {
  const failed = failedLogin(world)
  return failed?.reason === 'LoginRejected' ? undefined : failed
}

function failedLogin(world: World): Extract<VerificationObservation, { ok: false }> | undefined {
  const { verification } = world
  return verification?.ok === false && verification.subject === verificationSubject(world) ? verification : undefined
}

/** Reasons that only an attempt to change the password ends with. */
const ROTATION_REASONS: ReadonlySet<string> = new Set([
  'RotationRejected',
  'PasswordNotChanged',
  'CredentialsUnreadable',
])
