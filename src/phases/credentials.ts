import { stalled, troubled, progressing } from './outcome.ts'
import type { Cause, Outcome } from './outcome.ts'
import { parseTimestamp } from './timestamp.ts'
import type { World } from './world.ts'

/** How soon to look again for a Secret that somebody else keeps: nothing watches it, so this is how late it is seen. */
const SECRET_WAIT_MS = 5000

/**
 * The password is gone while data exists that was created with it. A new one would lock everybody out of the old data,
 * so nothing is generated: a person restores the Secret, or deletes the claims.
 * @see https://github.com/bitnami/charts/issues/2061
 */
export function lostCredentials({ credentials, claims }: World): Outcome | undefined {
  const [claim] = claims
  if (credentials.source !== 'generated' || claim === undefined) return undefined
  const { state, secretName } = credentials
  const advice =
    'Restore the Secret; or, to begin with an empty database, delete the Database first and its claims then.'
  if (state === 'absent') {
    return stalled({
      reason: 'CredentialsMissingForExistingData',
      message: `Secret ${secretName} is gone while claim ${claim.name} holds data that was created with its password. ${advice}`,
    })
  }
  const createdMs = parseTimestamp(credentials.createdAt)
  // A claim of the same age or younger belongs to this Secret: GitOps made both, and no server has started without the
  // password. A Secret whose age is unknown is not trusted with data.
  const older = claims.find(({ createdAt }) => {
    const claimMs = parseTimestamp(createdAt)
    return createdMs === undefined || claimMs === undefined || claimMs < createdMs
  })
  if (state === 'incomplete' && older !== undefined) {
    return stalled({
      reason: 'CredentialsMissingForExistingData',
      message: `Secret ${secretName} has no password and is younger than claim ${older.name}, which holds data that was created with another one. ${advice}`,
    })
  }
  return undefined
}

/** Creates or completes the credentials that are ours to make. */
export function makeCredentials({ credentials }: World): Outcome | undefined {
  if (credentials.source !== 'generated') return undefined
  const { state, secretName } = credentials
  if (state === 'absent') {
    const cause: Cause = { reason: 'CreatingCredentials', message: `Creating Secret ${secretName}.` }
    return progressing('Provisioning', cause, { type: 'now' }, [{ type: 'create-credentials' }])
  }
  if (state === 'incomplete') {
    const cause: Cause = { reason: 'CompletingCredentials', message: `Adding the password to Secret ${secretName}.` }
    return progressing('Provisioning', cause, { type: 'now' }, [{ type: 'complete-credentials' }])
  }
  if (credentials.isOutdated === true && credentials.rotation === undefined) {
    const message = `Writing the ready-made forms in Secret ${secretName} anew: TLS was switched on or off.`
    const cause: Cause = { reason: 'CompletingCredentials', message }
    return progressing('Provisioning', cause, { type: 'now' }, [{ type: 'complete-credentials' }])
  }
  return undefined
}

/** Waits for credentials that somebody else makes. */
export function awaitCredentials({ credentials }: World): Outcome | undefined {
  if (credentials.source !== 'existing' || credentials.state === 'complete') return undefined
  const { state, secretName } = credentials
  const cause: Cause =
    state === 'absent'
      ? {
          reason: 'CredentialsSecretMissing',
          message: `Secret ${secretName} does not exist; spec.credentials names it.`,
        }
      : {
          reason: 'CredentialsSecretIncomplete',
          message: `Secret ${secretName} has no password under the key that spec.credentials names.`,
        }
  return troubled('Provisioning', cause, { type: 'change', withinMs: SECRET_WAIT_MS })
}
