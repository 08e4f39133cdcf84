import { PHASES } from '../api/status.ts'
import type { Condition, Phase } from '../api/status.ts'
import { generationOf, isGenerationObserved } from './back-off.ts'
import { findCondition } from './conditions.ts'
import { wantedConfigurationHash } from './configuration.ts'
import { startTimes } from './pod.ts'
import { certificateSubject } from './server-certificate.ts'
import type { World } from './world.ts'

/** Reason of `Ready=True` after a login that succeeded. */
export const ALL_CHECKS_PASSED = 'AllChecksPassed'

/** Reason of `Ready=True` where nobody has looked whether a login works. */
export const NOT_VERIFIED = 'NotVerified'

/**
 * What a login proves something about: this spec, this password, this certificate, these settings, these server
 * processes. Two worlds with the same subject need one login. But for the end of a certificate no clocks are compared, so
 * skewed ones do no harm.
 */
export function verificationSubject(world: World): string {
  const pods = world.pods
    .map((pod) => [pod.metadata.uid ?? pod.metadata.name, ...startTimes(pod)].join('/'))
    .toSorted((left, right) => left.localeCompare(right, 'en'))
  const hash = wantedConfigurationHash(world)
  return [
    `generation ${generationOf(world)}`,
    `credentials ${world.credentials.changedAt ?? ''}`,
    ...certificateSubject(world),
    ...(hash === undefined ? [] : [`configuration ${hash}`]),
    ...pods,
  ].join(', ')
}

/**
 * The phase that the status shows; `undefined` where it shows none that this version knows, or one that was carried
 * over from a resource that was being deleted (restored from a backup): such a resource begins again.
 */
export function shownPhase({ database: { status } }: World): Phase | undefined {
  return status?.phase === 'Deleting' ? undefined : PHASES.find((phase) => phase === status?.phase)
}

/** Whether the status says Ready about the spec as it is now. */
export function isReadyAtGeneration(world: World): boolean {
  const status = world.database.status
  const ready = findCondition(status?.conditions, 'Ready')
  return (
    status?.phase === 'Ready' &&
    isGenerationObserved(world) &&
    ready?.status === 'True' &&
    ready.observedGeneration === generationOf(world)
  )
}

/** Whether the database was Ready once, as far as its status remembers. */
export function wasReady({ database: { status } }: World): boolean {
  return status?.phase === 'Ready' || status?.phase === 'Updating' || status?.postgresVersion !== undefined
}

/**
 * Where the verification stands. `due`: a login must be made (or, where this run makes none, the phase be shown) before
 * anything can be said.
 *
 * `rejected`: this run makes no login, and the last one that was made was rejected.
 *
 * A result counts only once Verifying is shown, or while Ready stands: after any other phase the login is repeated.
 */
export function verificationState(world: World): 'passed' | 'failed' | 'rejected' | 'skipped' | 'due' {
  const { verification } = world
  const isReady = isReadyAtGeneration(world)
  if (!isReady && world.database.status?.phase !== 'Verifying') return 'due'
  if (verification === undefined) return isReady && isEarlierLoginValid(world) ? 'passed' : 'due'
  if (verification.ok === 'skipped') {
    if (isReady && isEarlierLoginValid(world)) return 'passed'
    return knownRejection(world) === undefined ? 'skipped' : 'rejected'
  }
  if (verification.subject !== verificationSubject(world)) return 'due'
  return verification.ok ? 'passed' : 'failed'
}

/**
 * Reasons for which the server, or what it said about itself, turned a login down. The others (no way to the server, no
 * answer in time) are about the moment and the way, and `--verify off` may well be the way around them.
 */
const REJECTIONS: ReadonlySet<string> = new Set([
  'LoginRejected',
  'RotationRejected',
  'PasswordNotAsked',
  'WrongDatabase',
  'WrongOwner',
  'WrongMajor',
  'SuperuserRole',
  'NotPrimary',
  'CertificateExpired',
  'CertificateNotYetValid',
  'CertificateNameMismatch',
  'CertificateNotTrusted',
  'TlsNotOffered',
])

/**
 * The rejection of the last login that was made, as condition `Available` remembers it. Only another login says
 * anything else, or another server process: while no pod is ready that is what the condition tells.
 */
export function knownRejection({ database: { status } }: World): Condition | undefined {
  const available = findCondition(status?.conditions, 'Available')
  return available?.status === 'False' && REJECTIONS.has(available.reason) ? available : undefined
}

/** Whether the login behind a Ready that an earlier run wrote still says something: it was about just this. */
function isEarlierLoginValid(world: World): boolean {
  const { status } = world.database
  if (findCondition(status?.conditions, 'Ready')?.reason !== ALL_CHECKS_PASSED) return false
  return status?.verifiedSubject === verificationSubject(world)
}
