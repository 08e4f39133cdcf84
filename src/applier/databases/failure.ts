import { classifyError, isForbidden, isTrustProblem } from '../../cluster/error-guards.ts'
import { ApiError, CredentialError, KindNotServedError } from '../../cluster/errors.ts'
import type { FailureObservation } from '../../phases/world.ts'
import type { DatabaseOutcome } from './outcome.ts'

/** Class, reason and message of a thrown error. */
export function describeError(error: unknown): Pick<FailureObservation, 'class' | 'reason' | 'message'> {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof ApiError)
    return { class: classifyError(error), reason: error.reason ?? `Http${error.code}`, message }
  const reason = error instanceof Error ? error.name.replace(/Error$/, '') || 'Error' : 'Error'
  const known = error instanceof Error && KNOWN_ERRORS.has(error.name)
  return { class: known ? classifyError(error) : 'unknown', reason, message }
}

const KNOWN_ERRORS: ReadonlySet<string> = new Set([
  'ConnectionError',
  'RequestTimeoutError',
  'UnexpectedReplyError',
  'CredentialError',
])

/**
 * What a thrown error means for the phases: its class decides what follows.
 * @param isForEver whether somebody may still mend what a spec has no part in: a right, a quota, a credential, a
 * certificate, a definition. For a single run that is too late; whoever runs for ever looks again, ever more slowly.
 */
export function failureOf(error: unknown, generation: number, at: string, isForEver = false): FailureObservation {
  const failure = describeError(error)
  return { ...failure, class: isForEver && isForOthersToMend(error) ? 'unknown' : failure.class, generation, at }
}

function isForOthersToMend(error: unknown): boolean {
  const isOfConnection = error instanceof CredentialError || isTrustProblem(error)
  return isForbidden(error) || isOfConnection || error instanceof KindNotServedError
}

/** How a database ends whose run was cut short by an exception. */
export function outcomeOfError(
  error: unknown,
  signals: { readonly interrupt: AbortSignal; readonly deadline: AbortSignal },
): DatabaseOutcome {
  if (signals.interrupt.aborted) return { type: 'interrupted' }
  const { class: kind, reason, message } = describeError(error)
  if (signals.deadline.aborted || kind === 'transient') return { type: 'timeout', reason, message }
  return { type: 'stalled', reason, message }
}
