import type { CredentialsObservation } from '../../phases/world.ts'
import type { PlannedPrune } from '../../plan/prune.ts'
import type { DatabaseItem } from '../set/apply-set.ts'
import type { SettledRecord } from './settled-record.ts'
import type { PlannedItem } from './planned-item.ts'

/**
 * What happens to the credentials Secret. `keep`: it exists. `create`: a password will be generated. `lost`: it is gone
 * while a volume holds data of its password; nothing will be generated.
 */
export type CredentialsPlan = 'keep' | 'create' | 'lost' | 'existing'

/** The plan of one database. */
export interface PlannedDatabase {
  readonly item: DatabaseItem
  readonly resource: PlannedItem
  readonly children: readonly PlannedItem[]
  /** Claims that grow, or that cannot be what the manifest asks for. */
  readonly claims: readonly PlannedItem[]
  /** Live children that the spec no longer asks for, and what becomes of them. */
  readonly surplus: readonly PlannedPrune[]
  readonly credentials: CredentialsPlan
  /** The generated Secret as it was read; absent where the spec names an existing one. */
  readonly secret?: CredentialsObservation
  /** Its uid and resourceVersion, see `stateOf`; absent where it does not exist. */
  readonly secretState?: string
  /** What is remembered of the database, where that is why nothing is to be done: it is not looked at again. */
  readonly settled?: SettledRecord
}

/** The plan of a whole set. */
export interface PlannedSet {
  readonly others: readonly PlannedItem[]
  readonly databases: readonly PlannedDatabase[]
}
