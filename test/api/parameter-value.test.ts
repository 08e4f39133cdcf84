import { describe, expect, test } from 'vitest'
import { problemOf } from '../../src/api/parameter-check.ts'
import { parameterOf } from '../../src/api/parameter-table.ts'
import { readParameter } from '../../src/api/parameter-value.ts'
import { createPodDirectory } from '../postgres/pod-directory.ts'
import { MAJORS } from '../postgres/programs-under-test.ts'

/** Settings that a session may change, with values good and bad; every one is put to a real server as well. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  jit: ['on', 'OFF', 'True', 'f', 'y', 'n', 'ye', '1', '0', 'o', '', ' on', '2', 'maybe', 'onn', 'of'],
  work_mem: [
    '64',
    '63',
    '4MB',
    ' 4MB ',
    '4 MB',
    '4mb',
    '4KB',
    '1GB',
    '0.5GB',
    '1.5MB',
    '65536B',
    '1TB',
    '2TB',
    'MB',
    '0x100',
  ],
  statement_timeout: [
    '0',
    '-1',
    '10',
    '1min',
    '1.5s',
    '1us',
    '500us',
    '1h',
    '1d',
    '25d',
    '1 m',
    '010',
    '08',
    '1e3',
    '1e3ms',
  ],
  temp_buffers: ['100', '99', '800kB', '799kB', '1GB', '1s'],
  extra_float_digits: ['-15', '-16', '3', '4', '+1', '1B', '1.4', '0x2'],
  random_page_cost: ['1.1', '.5', '-1', '1e3', '1,1', 'NaN', '1s', '010', ''],
  vacuum_cost_delay: ['2', '2ms', '0.5ms', '101', '1s', '2 MB', '500us'],
  client_min_messages: ['debug', 'DEBUG1', 'info', 'warn', 'error', 'fatal'],
  synchronous_commit: ['on', 'yes', 'TRUE', '0', 'remote_apply', 'remote', 'f'],
  default_transaction_isolation: ['read committed', 'READ UNCOMMITTED', 'read-committed', 'snapshot'],
  intervalstyle: ['iso_8601', 'iso'],
  bytea_output: ['HEX', 'base64'],
  application_name: ['', 'anything'],
}

describe('the value of a parameter', () => {
  test.each(MAJORS)('is taken or refused as PostgreSQL %s does it', async (major) => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const cases = Object.entries(VALUES).flatMap(([name, values]) => values.map((value) => ({ name, value })))
    const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
    const attempt =
      'CREATE FUNCTION pg_temp.attempt(text, text) RETURNS bool LANGUAGE plpgsql AS ' +
      quoted('BEGIN PERFORM set_config($1, $2, true); RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END')
    const list = cases.map(({ name, value }) => `(${quoted(name)}, ${quoted(value)})`).join(', ')
    const answer = await pod.ask(
      'mydb',
      `${attempt};`,
      `SELECT '<' || json_agg(pg_temp.attempt(name, value)) || '>' FROM (VALUES ${list}) AS v (name, value);`,
    )
    const taken = JSON.parse(/<(\[[^>]*\])>/.exec(answer)?.[1] ?? '[]') as boolean[]
    expect(taken).toHaveLength(cases.length)
    expect(taken).toContain(false)
    const judged = cases.map(({ name, value }) => {
      const entry = parameterOf(name, major)
      return `${name}=${JSON.stringify(value)}: ${entry !== undefined && readParameter(entry.values, value).ok}`
    })
    expect(judged).toEqual(cases.map(({ name, value }, index) => `${name}=${JSON.stringify(value)}: ${taken[index]}`))
  })

  test.each<[name: string, value: string, major: string, message: string]>([
    ['jit', 'maybe', '16', 'write on or off'],
    ['work_mem', 'lots', '16', 'write a whole number with one of the units B, kB, MB, GB, TB'],
    ['work_mem', '8mb', '16', 'its units are B, kB, MB, GB, TB, in just these capitals'],
    ['work_mem', '1kB', '16', 'it must be from 64 kB to 2147483647 kB'],
    ['shared_buffers', '1', '16', 'it must be from 16 × 8kB to 1073741823 × 8kB'],
    ['max_connections', '200s', '16', 'it has no unit: write a whole number alone'],
    ['wal_level', 'replic', '16', 'did you mean replica? Else write one of minimal, replica, logical'],
  ])('%s = %s is refused with what to write instead', (name, value, major, remedy) => {
    expect(problemOf(name, value, major)).toBe(`spec.parameters.${name}: "${value}" is not a value of it: ${remedy}`)
  })

  test.each<[name: string, major: string, message: string]>([
    ['wrok_mem', '16', 'spec.parameters.wrok_mem: PostgreSQL 16 has no such parameter: did you mean work_mem?'],
    [
      'transaction_timeout',
      '16',
      'spec.parameters.transaction_timeout: PostgreSQL 16 has no such parameter: it came with 17; remove it',
    ],
    [
      'old_snapshot_threshold',
      '17',
      'spec.parameters.old_snapshot_threshold: PostgreSQL 17 has no such parameter: it is gone since 17; remove it',
    ],
    [
      'block_size',
      '16',
      'spec.parameters.block_size cannot be set: it only tells how the server was built or its data were made; remove it',
    ],
  ])('%s of PostgreSQL %s is refused with the reason', (name, major, message) => {
    expect(problemOf(name, '1', major)).toBe(message)
  })

  test.each([
    ['auto_explain.log_min_duration', 'anything'],
    ['a_parameter_that_nobody_knows', '1'],
    ['sort_mem', '64'],
    ['force_parallel_mode', 'on'],
  ])('%s is left to the server', (name, value) => {
    expect(problemOf(name, value, '16')).toBeUndefined()
  })
})
