import type { Database } from '../../api/database.ts'
import { ROTATE_ANNOTATION } from '../../api/group.ts'
import { referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { generatePassword } from '../../postgres/password.ts'
import { changePassword } from '../../postgres/password-change.ts'
import { passwordsOf } from '../cluster/secret-passwords.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { passwordData, passwordKeyOf, secretReference, sourceOf, writePassword } from './credentials-secret.ts'
import { loginRequest, NO_PASSWORD } from './verification.ts'
import type { VerificationResult, VerificationRoute } from './verification.ts'

/** The ways to the objects that a rotation needs. */
interface RotationOptions {
  readonly route: VerificationRoute
  /** Told when the Secret was written. */
  readonly onWritten: (secret: ObjectReference) => void
}

/**
 * Puts a new password beside the current one, in one request that also says which request it answers. Clients go on
 * with the current one; whoever is killed after this finds both.
 */
export async function stagePassword(
  api: ClusterApi,
  database: Database,
  request: string,
  route: VerificationRoute,
): Promise<VerificationResult | undefined> {
  // Without a login it would stay where it is, and the database would never be said to be Ready again.
  if (route === 'off') return { ok: 'skipped' }
  const live = await api.get(secretReference(database))
  if (live === undefined) return NO_PASSWORD
  const { current, rotation } = passwordsOf(live, passwordKeyOf(database), sourceOf(database))
  if (current === undefined || current === '') return NO_PASSWORD
  // Somebody was faster. Of an edited Secret the forms must stay: they tell the password that the server still has.
  if (rotation === 'staged' || rotation === 'edited') return undefined
  if (!isWritable(database, current)) return UNREADABLE
  await writePassword(api, database, live, { password: current, next: generatePassword(), request }, { force: true })
  return undefined
}

/**
 * Makes the server and the Secret agree on the wanted password. The order is what makes it safe: the role gets the
 * password, a login proves it, and only then clients are told. Between the first and the last of these a client that
 * connects anew is turned away for some hundredths of a second; from then on the current password is the right one.
 * @throws the errors of the API; a conflict where the Secret was changed meanwhile
 */
export async function rotatePassword(
  api: ClusterApi,
  database: Database,
  { route, onWritten }: RotationOptions,
): Promise<VerificationResult> {
  if (route === 'off') return { ok: 'skipped' }
  const live = await api.get(secretReference(database))
  const passwords = live === undefined ? undefined : passwordsOf(live, passwordKeyOf(database), sourceOf(database))
  if (live === undefined || passwords?.wanted === undefined || passwords.wanted === '') return NO_PASSWORD
  const { wanted } = passwords
  if (sourceOf(database) === 'generated' && !isWritable(database, wanted)) return UNREADABLE
  const changed = await changePassword({
    ...(await loginRequest(api, database, route)),
    password: wanted,
    formerPasswords: passwords.former,
  })
  if (!changed.ok) {
    return changed.reason === 'RotationRejected'
      ? { ...changed, message: `${changed.message}. ${wayOut(live)}` }
      : changed
  }
  if (passwords.rotation === 'staged' || passwords.rotation === 'edited') {
    await publish(api, database, live, wanted)
    onWritten(referenceOf(live))
  }
  return changed
}

/** Makes the wanted password the current one, with every form of it, and takes the other one away. */
async function publish(api: ClusterApi, database: Database, live: KubernetesObject, password: string): Promise<void> {
  const request = live.metadata.annotations?.[ROTATE_ANNOTATION]
  const stored = await writePassword(api, database, live, { password, request }, { force: true })
  const left = passwordsOf(stored, passwordKeyOf(database), 'generated').rotation
  if (left === 'staged' || left === 'edited') {
    throw new Error(
      `Secret ${live.metadata.name} was written and holds something else: an admission webhook changes it`,
    )
  }
}

const UNREADABLE = {
  ok: false,
  reason: 'CredentialsUnreadable',
  message: 'the password in the Secret holds a line break or NUL: write it without one',
} as const satisfies VerificationResult

/** Whether every form of the password can be written. */
function isWritable(database: Database, password: string): boolean {
  try {
    passwordData(database, { password })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function wayOut({ metadata: { name } }: KubernetesObject): string {
  return `Put the password that the server has into Secret ${name} under the key previous-password; see docs/runbooks/rotate-credentials.md`
}
