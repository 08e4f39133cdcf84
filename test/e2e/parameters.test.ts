/** What `diff` says of a setting is what happens: reload or restart, and nothing else. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, password, query } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'parameters')

const manifestWith = (parameters: Readonly<Record<string, string>>): string => {
  const lines = Object.entries(parameters).map(([name, value]) => `    ${name}: "${value}"\n`)
  return lines.length === 0 ? labManifest() : `${labManifest()}  parameters:\n${lines.join('')}`
}

const run = (command: 'apply' | 'diff', manifest: string): ReturnType<typeof cli> =>
  cli([command, '-f', '-', '-n', namespace, ...(command === 'apply' ? ['--timeout', '60s'] : [])], {
    kubeconfig,
    stdin: manifest,
  })

interface Server {
  readonly uid: string
  readonly restarts: string
  readonly started: unknown
}

async function server(): Promise<Server> {
  const [row] = await query(cluster, namespace, 'select pg_postmaster_start_time()::text as started', {
    password: await password(cluster, namespace),
  })
  return {
    uid: await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0'),
    restarts: await field(cluster, namespace, '.status.containerStatuses[0].restartCount', 'pod/test-db-0'),
    started: row?.['started'],
  }
}

const show = async (name: string): Promise<unknown> => {
  const sql = `select current_setting('${name}') as value`
  return (await query(cluster, namespace, sql, { password: await password(cluster, namespace) }))[0]?.['value']
}

const condition = async (type: string): Promise<string> => {
  const path = `.status.conditions[?(@.type=="${type}")]`
  const [status, reason] = [`${path}.status`, `${path}.reason`].map((each) => field(cluster, namespace, each))
  return `${await status} ${await reason}`
}

/** What is set so far: every case adds to it. */
const parameters: Record<string, string> = {}

beforeAll(async () => {
  await installDefinition(cluster)
  const { code, stderr } = await run('apply', manifestWith(parameters))
  expect(code, stderr).toBe(0)
})

describe('a changed setting', () => {
  test.each([
    ['reload', 'work_mem', '9MB', 'a number that a session could set'],
    ['reload', 'log_statement', 'ddl', 'a word that a superuser could set'],
    ['reload', 'autovacuum_naptime', '2min', 'what only the file can set'],
    ['reload', 'log_disconnections', 'on', 'what new sessions take over'],
    ['restart', 'max_connections', '50', 'what only a start takes over'],
  ] as const)('has the impact %s: %s = %s, %s', async (impact, name, value, _kind) => {
    parameters[name] = value
    const before = await server()
    const difference = await run('diff', manifestWith(parameters))
    expect(difference.stdout).toMatch(new RegExp(`~ update +ConfigMap \\S+/test-db-config +${impact}`))
    expect(difference.stdout).toMatch(new RegExp(`~ update +Database \\S+/test-db +${impact}`))
    expect(/StatefulSet \S+\/test-db +restart/.test(difference.stdout)).toBe(impact === 'restart')

    const { code, stderr } = await run('apply', manifestWith(parameters))
    expect(code, stderr).toBe(0)
    expect(await show(name)).toBe(value)
    const after = await server()
    if (impact === 'reload') expect(after).toEqual(before)
    else expect(after.uid).not.toBe(before.uid)
    expect(after.restarts).toBe('0')
    expect(await condition('Ready')).toBe('True AllChecksPassed')
  })

  test('is in use whenever apply ends, however soon the next one follows', async () => {
    for (const value of ['10MB', '11MB']) {
      parameters['work_mem'] = value
      const { code, stderr } = await run('apply', manifestWith(parameters))
      expect(code, stderr).toBe(0)
      expect(await show('work_mem')).toBe(value)
    }
    expect((await run('apply', manifestWith(parameters))).stdout).toContain('no changes')
  })

  test('that the server does not know is told, and the server goes on with what it has', async () => {
    const before = await server()
    const { code, stderr } = await run('apply', manifestWith({ ...parameters, no_such_parameter_at_all: '1' }))
    expect(code, stderr).toBe(1)
    expect(stderr).toContain('ConfigurationRefused')
    expect(stderr).toContain('does not know no_such_parameter_at_all')
    expect(await condition('Ready')).toBe('False ConfigurationRefused')
    expect(await condition('Available')).toBe('True LoginSucceeded')
    expect(await server()).toEqual(before)
    expect((await run('apply', manifestWith(parameters))).code).toBe(0)
    expect(await condition('Ready')).toBe('True AllChecksPassed')
    expect(await server()).toEqual(before)
  })

  test('that the server refuses makes a database that clients can use degraded', async () => {
    const { code, stderr } = await run(
      'apply',
      manifestWith({ ...parameters, default_tablespace: 'nowhere', lc_messages: 'xx_YY' }),
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(
      /warning: Database \S+\/test-db: ParameterNotInEffect: .*lc_messages is "C" instead of "xx_YY"/,
    )
    expect(await condition('Ready')).toBe('True ParameterNotInEffect')
    expect(await condition('Degraded')).toBe('True ParameterNotInEffect')
    expect((await run('apply', manifestWith(parameters))).code).toBe(0)
    expect(await condition('Degraded')).toBe('False AsExpected')
  })

  test('of a wrong type, out of range or of another major is refused before anything is written', async () => {
    const difference = await run('diff', manifestWith({ work_mem: '8mb', transaction_timeout: '1s' }))
    expect(difference.code).toBe(2)
    expect(difference.stderr).toContain('spec.parameters.work_mem: "8mb" is not a value of it')
    expect(difference.stderr).toContain('PostgreSQL 14 has no such parameter: it came with 17')
    expect((await run('apply', manifestWith({ max_connections: '0' }))).code).toBe(2)
  })
})
