/** Role of the standbys on the primary. No application role may have its name. */
export const REPLICATION_ROLE = 'cdk8s_replication'

/**
 * Most instances of a database: one primary and four standbys. A standby that is being cloned takes two of the ten
 * senders that PostgreSQL has by default, and a change of their number would restart the primary: so all of them can be
 * cloned at once, and two are left for others.
 * @see https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-WAL-SENDERS
 */
export const MAXIMUM_REPLICAS = 5

/** Replication slot of the standby with that number. It is made by the standby when it clones the primary. */
export function slotName(ordinal: number): string {
  return `standby_${ordinal}`
}
