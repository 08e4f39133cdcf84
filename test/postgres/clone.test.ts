import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { pgHbaConf, postgresqlConf } from '../../src/postgres/configuration.ts'
import { makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { REPLICATION_MAJOR } from './programs-under-test.ts'
import { recordPrograms } from './recorded-programs.ts'
import type { Call, KillMoment } from './recorded-programs.ts'

/** With every character that a password file escapes. */
const PASSWORD = 'rep:lica\\tion-secret'
/** The least that one standby asks for, and commits that wait for it, also while it is not there yet. */
const LEAST = {
  max_wal_senders: '2',
  max_replication_slots: '1',
  synchronous_standby_names: '*',
  default_transaction_read_only: 'on',
}
const SLOTS = 'select slot_name from pg_replication_slots'

async function podOf(major: NonNullable<typeof REPLICATION_MAJOR>): Promise<PodDirectory> {
  const pod = await makePodDirectory(major)
  await pod.configure('pg_hba.conf', pgHbaConf({ hasStandbys: true }))
  await pod.configure('standbys', '1')
  await pod.writeReplicationPassword(PASSWORD)
  return pod
}

/** The calls that change something or wait, in their order. */
const STEPS = {
  'the primary is asked': { program: 'psql', occurrence: 1 },
  'the directory is made': { program: 'mkdir', occurrence: 1 },
  'leftovers are removed': { program: 'rm', occurrence: 1 },
  'the slot of an earlier copy is dropped': { program: 'psql', occurrence: 2 },
  'the copy is made': { program: 'pg_basebackup', occurrence: 1 },
  'everything is written to disk': { program: 'sync', occurrence: 1 },
  // The first three put the password file in its place.
  'the directory is renamed': { program: 'mv', occurrence: 3 },
  'the name is written to disk': { program: 'sync', occurrence: 2 },
} satisfies Record<string, Call>

const MOMENTS: [string, KillMoment][] = [
  ...Object.entries<Call>(STEPS).map(([step, call]): [string, KillMoment] => [
    `before ${step}`,
    { ...call, when: 'before' },
  ]),
  ['after the name is written to disk', { ...STEPS['the name is written to disk'], when: 'after' }],
  ...['backup_label', 'global/pg_control', 'pg_wal/0*'].map((file): [string, KillMoment] => [
    `while the copy is made, when there is ${file}`,
    { ...STEPS['the copy is made'], when: 'during', file: `*/docker.init/${file}` },
  ]),
]

describe.runIf(REPLICATION_MAJOR)('a clone', () => {
  const major = REPLICATION_MAJOR ?? '15'
  let [primary, standby]: PodDirectory[] = []
  let port = 0
  let stop = (): void => undefined
  let stopped: Promise<unknown> = Promise.resolve()

  const ofPrimary = (): PodDirectory => primary as PodDirectory
  const ofStandby = (): PodDirectory => standby as PodDirectory
  const ask = async (sql: string): Promise<string> => (await ofPrimary().askAsSuperuser(port, sql)).output.trim()

  beforeAll(async () => {
    primary = await podOf(major)
    await primary.configure(
      'postgresql.conf',
      postgresqlConf({ major, storageBytes: 2 ** 30, parameters: LEAST, access: { hasStandbys: true } }),
    )
    expect(await primary.bootstrap()).toMatchObject({ code: 0 })
    const until = new Promise<void>((resolve) => {
      stop = resolve
    })
    port = await new Promise<number>((resolve, reject) => {
      stopped = ofPrimary()
        .serve(async (listening) => {
          resolve(listening)
          await until
        })
        .catch(reject)
    })
    await vi.waitFor(
      async () => expect(await ask('select count(*) from pg_roles where rolreplication and rolcanlogin')).toBe('2'),
      {
        timeout: 30_000,
      },
    )
  }, 60_000)
  afterAll(async () => {
    stop()
    await stopped
    await primary?.dispose()
  })
  beforeEach(async () => {
    standby = await podOf(major)
    standby.follow(port)
    return async () => ofStandby().dispose()
  })

  test.each(MOMENTS)('that is killed %s is finished by the next run, and streams', async (_when, moment) => {
    const recording = await recordPrograms(ofStandby(), moment)
    expect(await ofStandby().clone()).toMatchObject({ signal: 'SIGKILL' })
    recording.stop()
    // Whatever is in its place is a whole copy: there is no third state.
    const committed = existsSync(ofStandby().dataDirectory)
    expect(committed).toBe(existsSync(join(ofStandby().dataDirectory, 'standby.signal')))
    const again = await ofStandby().clone()
    expect(again.output).toContain(committed ? 'can follow the primary' : 'is a copy of the primary')
    expect(again.code).toBe(0)
    await ofStandby().serve(async () => {
      await vi.waitFor(async () => expect(await ask('select active from pg_replication_slots')).toBe('t'), {
        timeout: 30_000,
      })
    }, 'SIGQUIT')
  })

  test('is kept where it can follow, and made anew where its slot is gone', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    expect((await ofStandby().clone()).output).toContain('can follow the primary, nothing to do')
    await ask(`select pg_drop_replication_slot('standby_1')`)
    const again = await ofStandby().clone()
    expect(again.output).toContain('it is made anew: its replication slot standby_1 is gone')
    expect(again.output).toContain('is a copy of the primary')
    expect(again.code).toBe(0)
  })

  test('is made anew where the primary keeps its log from later on', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    // Another reader of the slot, at a later place: what the copy needs is no longer kept.
    for (const _ of [1, 2, 3]) {
      await ask('begin read write; set local synchronous_commit = local; create table gap (); drop table gap; commit')
      await ask('select pg_switch_wal()')
    }
    await ask('checkpoint')
    await ask(
      `select pg_drop_replication_slot('standby_1'); select pg_create_physical_replication_slot('standby_1', true)`,
    )
    const again = await ofStandby().clone()
    expect(again.output).toMatch(
      /it is made anew: the primary keeps its log from \w+ on, which this copy has not reached/,
    )
    expect(again.code).toBe(0)
  })

  test('is used as it is while the primary does not answer', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    ofStandby().follow(1)
    const again = await ofStandby().clone()
    expect(again.output).toContain('the primary does not answer')
    expect(again.code).toBe(0)
  })

  test('refuses another database, and a copy that was promoted, and leaves both as they are', async () => {
    const other = await podOf(major)
    try {
      expect(await other.bootstrap()).toMatchObject({ code: 0 })
      other.follow(port)
      const promoted = await other.clone()
      expect(promoted.code).toBe(78)
      expect(promoted.output).toMatch(/^DivergedReplica: .* holds a database that is no standby/)
      expect((await other.startRefused()).output).toMatch(/^DivergedReplica: /)
      const control = join(other.dataDirectory, 'global', 'pg_control')
      expect(await ofStandby().clone()).toMatchObject({ code: 0 })
      await rename(join(ofStandby().dataDirectory, 'standby.signal'), join(other.dataDirectory, 'standby.signal'))
      const foreign = await other.clone()
      expect(foreign.code).toBe(78)
      expect(foreign.output).toMatch(/^DivergedReplica: .* holds system \d+, the primary is \d+: another database/)
      expect(existsSync(control)).toBe(true)
    } finally {
      await other.dispose()
    }
  })

  test('leaves the password nowhere but in a file that only its owner may read', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    await ofStandby().serve(async (own, server) => {
      await vi.waitFor(async () => expect(await ask('select active from pg_replication_slots')).toBe('t'), {
        timeout: 30_000,
      })
      const settings = await ofStandby().askAsSuperuser(own, 'select name, setting from pg_settings')
      expect(settings.output).toContain('replication.pgpass')
      for (const text of [settings.output, server.output()]) expect(text).not.toContain('tion-secret')
      const commands = await ofStandby().askAsSuperuser(own, `select pg_read_file('postgresql.auto.conf')`)
      expect(commands.output).not.toContain('tion-secret')
    })
  })

  test('starts with what its data asks for where a setting was lowered', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    await ofStandby().configure('postgresql.conf', `max_connections = 20\nmax_worker_processes = 4\n`)
    await ofStandby().serve(async (own) => {
      expect((await ofStandby().askAsSuperuser(own, 'show max_connections')).output).toBe('100\n')
      expect((await ofStandby().askAsSuperuser(own, 'show max_worker_processes')).output).toBe('8\n')
    })
  })

  test('of a standby that is wanted again waits for the primary to let it in, and is made anew', async () => {
    expect(await ofStandby().clone()).toMatchObject({ code: 0 })
    expect(await ask(SLOTS)).toBe('standby_1')
    await ofPrimary().configure('standbys', '0')
    await vi.waitFor(async () => expect(await ask(SLOTS)).toBe(''), { timeout: 30_000 })
    expect(await ask(`select rolcanlogin from pg_roles where rolname = 'cdk8s_replication'`)).toBe('f')
    const again = ofStandby().startClone()
    await vi.waitFor(() => expect(again.output()).toContain('waiting for the primary'), { timeout: 30_000 })
    await ofPrimary().configure('standbys', '1')
    expect(await again.finished).toMatchObject({ code: 0 })
    expect(again.output()).toContain('it is made anew: its replication slot standby_1 is gone')
  })
})
