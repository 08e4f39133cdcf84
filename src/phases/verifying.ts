import { backOffMs, isCounted, nextRetry, TRANSIENT_BACK_OFF_MS } from './back-off.ts'
import { isOnlyCertificateAwaited, reloading, wantedConfiguration } from './configuration.ts'
import type { Effect } from './decision.ts'
import { progressing, stalled, troubled } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { isReadyAtGeneration, knownRejection, verificationState, verificationSubject } from './readiness.ts'
import { askedStandbys, awaitingStandbys } from './standbys.ts'
import type { World } from './world.ts'

/**
 * A real login must succeed, and find the server running with the wanted settings. A failed one is repeated with back-off, and at once when the spec, the password or a
 * server process changes (its subject then is another one, and what the old one said is void).
 *
 * A run that verifies nothing (`--verify off`) ends in Ready all the same, which then says so, with one exception: after
 * a login that the server rejected, Ready stays False with that reason. Not looking is no reason to take it back; a run
 * that logs in is. The phase stays Verifying and is stalled, for this run cannot go on.
 */
export function verifying(world: World): Outcome | undefined {
  const state = verificationState(world)
  const verify: Effect = { type: 'verify', ...verifyRequest(world) }
  if (state === 'passed') {
    const waiting = reloading(world, verify)
    // A renewal takes nothing from clients: the certificate that the server still presents is a good one.
    if (waiting !== undefined && isReadyAtGeneration(world) && isOnlyCertificateAwaited(world))
      return { ...waiting, phase: 'Ready', ready: 'True' }
    return waiting ?? awaitingStandbys(world, verify)
  }
  if (state === 'skipped') return undefined
  if (state === 'rejected') return notLookedAtAgain(world)
  const { verification } = world
  if (state === 'due' || verification === undefined || verification.ok !== false) {
    const cause = { reason: 'Verifying', message: 'Logging in as the application role.' }
    return progressing('Verifying', cause, { type: 'now' }, verification?.ok === 'skipped' ? [] : [verify])
  }
  const { reason, at } = verification
  const message = withAdvice(world, verification)
  if (isCounted(world, at)) return troubled('Verifying', { reason, message }, { type: 'now' }, [verify])
  const { delayMs, ...retry } = nextRetry(world, (failures) => backOffMs(TRANSIENT_BACK_OFF_MS, failures))
  return { ...troubled('Verifying', { reason, message }, { type: 'after', delayMs, reason }), retry }
}

/** What a login is to find out. */
export function verifyRequest(world: World): Omit<Extract<Effect, { type: 'verify' }>, 'type'> {
  const configuration = wantedConfiguration(world)
  return {
    subject: verificationSubject(world),
    ...(configuration === undefined ? {} : { configuration }),
    ...askedStandbys(world),
  }
}

/**
 * Which password the server has, nobody here can know: it was changed on one side only. Whoever knows it can say so.
 */
function withAdvice(
  { credentials }: World,
  { reason, message }: { readonly reason: string; readonly message: string },
): string {
  if (reason !== 'LoginRejected' || credentials.rotation !== undefined) return message
  const advice = `If the password in Secret ${credentials.secretName} was changed, put the one before it beside it, under the key previous-password.`
  return `${message.replace(/[.]?$/, '.')} ${advice}`
}

function notLookedAtAgain(world: World): Outcome {
  const { reason = 'LoginRejected', message = '' } = knownRejection(world) ?? {}
  const note = 'It was not looked at again: this run verifies nothing.'
  return { ...stalled({ reason, message: `${message.replace(/[.]?$/, '.')} ${note}` }), phase: 'Verifying' }
}
