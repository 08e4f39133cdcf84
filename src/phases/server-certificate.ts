import { troubled } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'
import { parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** How soon to look again for a Secret that somebody else makes: nothing need tell of it. */
const SECRET_WAIT_MS = 5000

/**
 * How long before its end a certificate is said to end soon. Whoever renews them does so weeks before (cert-manager: a
 * third of the lifetime), so this is the sign that nobody does.
 */
const SOON_MS = 7 * 24 * 3_600_000

/** How often a certificate is looked at while all is well: nothing tells of a renewal, and the server needs nobody for it. */
const LOOK_MS = 3_600_000

/** Waits for a certificate that somebody else makes: the server would not start without it. */
export function awaitCertificate({ certificate }: World): Outcome | undefined {
  if (certificate === undefined || certificate.state === 'complete') return undefined
  const { secretName, state, problem = '' } = certificate
  const cause: Cause =
    state === 'absent'
      ? { reason: 'TlsSecretMissing', message: `Secret ${secretName} does not exist; spec.tls names it.` }
      : {
          reason: state === 'incomplete' ? 'TlsSecretIncomplete' : 'TlsSecretInvalid',
          message: `Secret ${secretName}, which spec.tls names, ${problem}. A server that runs keeps what it has.`,
        }
  return troubled('Provisioning', cause, { type: 'change', withinMs: SECRET_WAIT_MS })
}

/** What a login proves about the certificate in the Secret: that the server presents it, and, until its end, that it is valid. */
export function certificateSubject({ certificate, now }: World): string[] {
  if (certificate?.fingerprint === undefined) return []
  const end = parseTimestamp(certificate.expires)
  const hasEnded = end !== undefined && end <= (parseTimestamp(now) ?? 0)
  return [`certificate ${certificate.fingerprint}`, ...(hasEnded ? ['which has ended'] : [])]
}

/** When to look at a database that is Ready: for a renewal, and when its certificate ends soon or at once. */
export function lookAgainMs(world: World): number | undefined {
  if (world.database.spec.tls === undefined) return undefined
  const end = parseTimestamp(certificateExpires(world))
  const now = parseTimestamp(world.now)
  const leftMs = end === undefined || now === undefined ? undefined : end - now
  const turns = leftMs === undefined ? [] : [leftMs - SOON_MS, leftMs]
  return Math.min(LOOK_MS, ...turns.filter((turn) => turn > 0))
}

/** When the certificate of a database that was found to be in order ends; `undefined` where nobody has seen one. */
export function certificateExpires({ database, verification }: World): string | undefined {
  if (database.spec.tls === undefined) return undefined
  const presented = verification?.ok === true ? verification.certificate : undefined
  return presented?.expires ?? database.status?.certificateExpires
}

/** What is abnormal about the certificate of a database that clients can use; `undefined` where nothing is. */
export function certificateTrouble(world: World): Cause | undefined {
  const expires = certificateExpires(world)
  const end = parseTimestamp(expires)
  const now = parseTimestamp(world.now)
  if (expires === undefined || end === undefined || now === undefined || end - now > SOON_MS) return undefined
  const { secretName = '' } = world.database.spec.tls ?? {}
  return {
    reason: 'CertificateExpiresSoon',
    message: `The application role logs in. The server's certificate ends at ${expires}: renew the one in Secret ${secretName}, which the server takes over without a restart.`,
  }
}
