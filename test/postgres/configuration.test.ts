import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { ParameterRefusedError, pgHbaConf, postgresqlConf } from '../../src/postgres/configuration.ts'
import type { ConfigurationInput } from '../../src/postgres/configuration.ts'
import { queryAsOwner } from './owner-query.ts'
import { createPodDirectory } from './pod-directory.ts'
import { ANY_MAJOR, MAJORS } from './programs-under-test.ts'
import { isPostgresUser } from './unprivileged.ts'

const GIBIBYTE = 2 ** 30
const input: ConfigurationInput = {
  major: '16',
  memoryLimitBytes: GIBIBYTE,
  storageBytes: 10 * GIBIBYTE,
  parameters: {},
}

/** The settings of a file, by name, still quoted. */
function settings(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(' = ')), line.slice(line.indexOf(' = ') + 3)]),
  )
}

describe('postgresql.conf', () => {
  test('derives memory from the limit of the container', () => {
    expect(settings(postgresqlConf(input))).toMatchObject({
      shared_buffers: "'256MB'",
      effective_cache_size: "'768MB'",
      maintenance_work_mem: "'64MB'",
    })
    expect(settings(postgresqlConf({ ...input, memoryLimitBytes: 64 * GIBIBYTE }))).toMatchObject({
      shared_buffers: "'16384MB'",
      maintenance_work_mem: "'1024MB'",
    })
    expect(settings(postgresqlConf({ ...input, memoryLimitBytes: undefined }))).toMatchObject({
      shared_buffers: "'128MB'",
    })
  })

  test.each([
    [0.25, '64MB', '32MB', '64MB'],
    [1, '102MB', '32MB', '256MB'],
    [10, '1024MB', '256MB', '2560MB'],
    [1000, '4096MB', '1024MB', '256000MB'],
  ])('keeps the write-ahead log small on a volume of %s GiB', (gibibytes, largest, smallest, slots) => {
    expect(settings(postgresqlConf({ ...input, storageBytes: gibibytes * GIBIBYTE }))).toMatchObject({
      max_wal_size: `'${largest}'`,
      min_wal_size: `'${smallest}'`,
      max_slot_wal_keep_size: `'${slots}'`,
    })
  })

  test('is the same for the same input, in whatever order parameters are given', () => {
    const parameters = { work_mem: '8MB', 'auto_explain.log_min_duration': '1s', jit: 'on' }
    const reversed = Object.fromEntries(Object.entries(parameters).toReversed())
    expect(postgresqlConf({ ...input, parameters })).toBe(postgresqlConf({ ...input, parameters: reversed }))
  })

  test('has every setting once: parameters replace defaults, whatever their case', () => {
    const text = postgresqlConf({ ...input, parameters: { Shared_Buffers: '1GB', max_connections: '20' } })
    const names = text.match(/^[a-z_.]+(?= = )/gm) ?? []
    expect(names).toEqual([...new Set(names)])
    expect(settings(text)).toMatchObject({ shared_buffers: "'1GB'", max_connections: "'20'" })
  })

  test('names no setting by default that the manifests own and start the server with', () => {
    expect(Object.keys(settings(postgresqlConf(input)))).not.toEqual(
      expect.arrayContaining(['port', 'listen_addresses', 'unix_socket_directories', 'data_directory', 'hba_file']),
    )
  })

  test.each(Object.entries(OWNED_PARAMETERS))('refuses %s, because %s', (name, reason) => {
    const attempt = (): string => postgresqlConf({ ...input, parameters: { [name]: 'x' } })
    expect(attempt).toThrow(ParameterRefusedError)
    expect(attempt).toThrow(reason)
  })

  test.each([
    ['PORT', '1'],
    ['work mem', '8MB'],
    ["x' = 1", '1'],
    ['#comment', ''],
    ['', ''],
    ['work_mem', '8MB\nport = 1'],
    ['work_mem', '8MB\r'],
    ['work_mem', '8MB\0'],
  ])('refuses the parameter %j with the value %j', (name, value) => {
    expect(() => postgresqlConf({ ...input, parameters: { [name]: value } })).toThrow(
      expect.objectContaining({ name: 'ParameterRefusedError', parameter: name }),
    )
  })

  test('refuses a parameter that is given twice in different case', () => {
    expect(() => postgresqlConf({ ...input, parameters: { work_mem: '1MB', Work_Mem: '2MB' } })).toThrow('twice')
  })

  test.each(POSTGRES_MAJORS)('keeps ALTER SYSTEM from winning over Git where PostgreSQL %s can', (major) => {
    expect('allow_alter_system' in settings(postgresqlConf({ ...input, major }))).toBe(Number(major) >= 17)
  })

  test.each(MAJORS)('is read by PostgreSQL %s as it is meant, quotes and backslashes included', async (major) => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const odd = String.raw`it's \n a 'quoted' \\ value #no comment`
    await pod.configure(
      'postgresql.conf',
      postgresqlConf({
        major,
        memoryLimitBytes: GIBIBYTE / 4,
        storageBytes: GIBIBYTE,
        parameters: { cluster_name: odd, work_mem: '8MB' },
      }),
    )
    await pod.serve(async (port) => {
      const { rows } = await queryAsOwner(
        port,
        `SELECT current_setting('cluster_name') AS cluster_name,
        current_setting('work_mem') AS work_mem, current_setting('shared_buffers') AS shared_buffers,
        current_setting('TimeZone') AS timezone, current_setting('jit') AS jit, current_setting('max_wal_size') AS max_wal_size`,
      )
      expect(rows).toEqual([
        {
          cluster_name: odd,
          work_mem: '8MB',
          shared_buffers: '64MB',
          timezone: 'UTC',
          jit: 'off',
          max_wal_size: '102MB',
        },
      ])
    })
  })
})

describe('pg_hba.conf', () => {
  const rules = pgHbaConf()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ +/))

  test('never trusts and never uses MD5', () => {
    expect(new Set(rules.map((rule) => rule.at(-1)))).toEqual(new Set(['peer', 'scram-sha-256', 'reject']))
  })

  test('lets the superuser in over the socket only, and nobody replicate', () => {
    expect(rules[0]).toEqual(['local', 'all', 'postgres', 'peer'])
    const network = rules.filter(([type]) => type === 'host')
    expect(network).toContainEqual(['host', 'replication', 'all', 'all', 'reject'])
    expect(network.findIndex(([, , user]) => user === 'postgres')).toBeLessThan(
      network.findIndex(([, database, , address]) => database === 'all' && address === 'all') + 1,
    )
    expect(rules.at(-1)).toEqual(['host', 'all', 'all', 'all', 'scram-sha-256'])
  })

  const canAsk = isPostgresUser && spawnSync('psql', ['--version']).status === 0
  if (!canAsk) process.stdout.write('no psql or no user postgres: pg_hba.conf is not checked over the socket\n')

  test.runIf(canAsk)('is read without an error, and admits the superuser over the socket', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await pod.serve(async (port) => {
      const count = 'SELECT count(*), count(error) FROM pg_hba_file_rules'
      expect(await pod.askAsSuperuser(port, count)).toMatchObject({ code: 0, output: `${rules.length}|0\n` })
    })
  })
})
