import { slotName } from '../api/replication.ts'
import type { StandbyState } from '../api/standby-state.ts'
import type { SettingsSession } from './configuration-in-use.ts'

interface SlotRow {
  readonly slot: string
  readonly active: boolean
  readonly status: string | null
  readonly lag: string | null
}

/**
 * The slots of standbys. Every role may see them, while what `pg_stat_replication` says of others is for monitors. A slot
 * is active only while the standby of that name is connected, which PostgreSQL refuses to another database's copy.
 * @see https://www.postgresql.org/docs/current/view-pg-replication-slots.html
 */
const SLOTS = `
  SELECT slot_name::text AS slot, active, wal_status AS status,
    pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::text AS lag
  FROM pg_replication_slots WHERE slot_type = 'physical' AND slot_name = ANY ($1::text[])`

/** What the primary knows of standbys, in their order. @param pods names of their pods by number */
export async function standbyStates(
  session: SettingsSession,
  pods: ReadonlyMap<number, string>,
): Promise<readonly StandbyState[]> {
  const names = [...pods.keys()].map(slotName)
  const rows = (await session.query(SLOTS, [names])).rows as readonly SlotRow[]
  return [...pods].map(([ordinal, pod]) =>
    stateOf(
      pod,
      rows.find(({ slot }) => slot === slotName(ordinal)),
    ),
  )
}

function stateOf(pod: string, row: SlotRow | undefined): StandbyState {
  if (row === undefined) return { pod, state: 'unknown' }
  const lag = row.lag === null ? {} : { lagBytes: Number(row.lag) }
  if (row.status === 'lost') return { pod, state: 'lost', ...lag }
  return { pod, state: row.active ? 'streaming' : 'disconnected', ...lag }
}
