/** Parameters beside standbys and without, valid and not, with what must be said about each. Part of the table in `specs.ts`. */
import type { SpecCase } from './specs.ts'

const accepted = (title: string, replicas: number, parameters: object): SpecCase => ({
  title,
  spec: { replicas, parameters },
  messages: [],
})
const refused = (title: string, replicas: number, parameters: object, ...messages: string[]): SpecCase => ({
  title,
  spec: { replicas, parameters },
  messages,
})

const WAL_LEVEL =
  'parameters.wal_level must be replica or logical where replicas is more than 1: a minimal log holds too little for a standby'
const NO_START = 'parameters.wal_level must not be minimal unless max_wal_senders is 0: PostgreSQL does not start'
const NO_SUMMARY = 'parameters.summarize_wal must be off where wal_level is minimal: PostgreSQL does not start'
const SENDERS =
  'parameters.max_wal_senders must be a whole number and at least twice the number of standbys: one that is cloned takes two'
const SLOTS =
  'parameters.max_replication_slots must be a whole number and at least the number of standbys: each has one, so that its log is kept'
const KEPT =
  'parameters.max_slot_wal_keep_size must not be 0 where replicas is more than 1: nothing would be kept for a standby that is away for a moment'
const NOBODY =
  'parameters.synchronous_standby_names must be empty where replicas is 1: every commit would wait for a standby that will never come'
const QUORUM =
  'parameters.synchronous_standby_names must be * or a number of standbys that there are, for example ANY 1 (*): a commit waits for ever for more'

/** PostgreSQL 16 knows no summaries. */
const SUMMARIES = [
  { title: 'a summary of a minimal log', wal_level: 'minimal', summarize_wal: 'On', messages: [NO_SUMMARY] },
  { title: 'one in the shortest word', wal_level: 'MINIMAL', summarize_wal: 't', messages: [NO_SUMMARY] },
  { title: 'a minimal log without a summary', wal_level: 'minimal', summarize_wal: 'off', messages: [] },
  { title: 'a summary beside a standby', replicas: 2, wal_level: 'replica', summarize_wal: 'on', messages: [] },
]

export const REPLICATION: readonly SpecCase[] = [
  accepted('the least that four standbys need', 5, { max_wal_senders: '8', max_replication_slots: '4' }),
  refused(
    'a sender and a slot too few for four',
    5,
    { max_wal_senders: '7', max_replication_slots: '3' },
    SENDERS,
    SLOTS,
  ),
  refused('numbers in another notation', 2, { max_wal_senders: '010', max_replication_slots: '0x10' }, SENDERS, SLOTS),
  refused('a number that is none', 2, { max_wal_senders: 'many' }, SENDERS),
  accepted('no sender and no slot for a primary alone', 1, { max_wal_senders: '0', max_replication_slots: '0' }),
  accepted('a minimal log for a primary alone', 1, { wal_level: 'minimal', max_wal_senders: '0' }),
  refused('a minimal log with senders by default', 1, { wal_level: 'MINIMAL' }, NO_START),
  refused('a minimal log with a sender', 1, { wal_level: 'minimal', max_wal_senders: '1' }, NO_START),
  refused('a minimal log beside a standby', 2, { wal_level: 'Minimal' }, WAL_LEVEL),
  ...SUMMARIES.map(({ title, replicas = 1, wal_level, summarize_wal, messages }): SpecCase => {
    const senders = replicas === 1 ? { max_wal_senders: '0' } : {}
    return {
      title,
      spec: { image: 'postgres:17.5', replicas, parameters: { wal_level, summarize_wal, ...senders } },
      messages,
    }
  }),
  accepted('a logical log beside a standby', 2, { wal_level: 'logical' }),
  refused('slots that keep nothing', 2, { max_slot_wal_keep_size: ' 00 MB' }, KEPT),
  accepted('slots that keep all', 2, { max_slot_wal_keep_size: '-1' }),
  accepted('nobody to wait for', 1, { synchronous_standby_names: '' }),
  refused('a standby to wait for where there is none', 1, { synchronous_standby_names: '*' }, NOBODY),
  accepted('commits that wait for one of two', 3, { synchronous_standby_names: 'ANY 1 (*)' }),
  accepted('commits that wait for both', 3, { synchronous_standby_names: 'FIRST 2(*)' }),
  accepted('commits that wait for somebody', 2, { synchronous_standby_names: '*' }),
  refused('commits that wait for more than there are', 3, { synchronous_standby_names: '3 (*)' }, QUORUM),
  refused('commits that wait for a name', 3, { synchronous_standby_names: 'orders-standby-1' }, QUORUM),
  refused('commits that wait for nobody', 3, { synchronous_standby_names: 'ANY 0 (*)' }, QUORUM),
]
