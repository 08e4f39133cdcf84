import type { KubernetesObject } from '../../api/object.ts'
import type { CredentialsObservation } from '../../phases/world.ts'
import { observeSecret } from '../cluster/secret-observation.ts'
import type { ApplyItem, DatabaseItem } from '../set/apply-set.ts'
import { hasLabelsOf } from '../set/ownership.ts'
import { unasked } from './planned-item.ts'
import type { PlannedItem } from './planned-item.ts'
import type { CredentialsPlan } from './planned-set.ts'
import { notOurs } from './planning.ts'

/** What becomes of a credentials Secret, and why not. */
export interface CredentialsJudgement {
  readonly plan: CredentialsPlan
  readonly secret?: CredentialsObservation
  readonly refused?: PlannedItem
}

/**
 * Judges the generated Secret of a database. One that is there is used; one without a password and without our labels is
 * somebody else's.
 * @param hasClaims whether volumes of the database are there: their data belongs to a password that is not made again
 */
export function judgeCredentials(
  { database }: Pick<DatabaseItem, 'database'>,
  item: ApplyItem,
  live: KubernetesObject | undefined,
  hasClaims: () => boolean,
): CredentialsJudgement {
  const secret = observeSecret(live, item.reference.name, database.spec)
  if (live === undefined) return { plan: hasClaims() ? 'lost' : 'create', secret }
  if (secret.state === 'complete' || hasLabelsOf(live, database.metadata.name)) return { plan: 'keep', secret }
  const refusal = notOurs(item, 'it has no password and does not carry the labels of this Database')
  const refused = { ...unasked({ item, body: item.object }, 'observation'), refusal }
  return { plan: 'existing', refused: { ...refused, verdict: 'foreign' } }
}
