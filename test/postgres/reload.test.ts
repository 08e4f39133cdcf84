import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ConfigurationInUse } from '../../src/api/configuration-in-use.ts'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { configurationInUse } from '../../src/postgres/configuration-in-use.ts'
import type { SettingsSession } from '../../src/postgres/configuration-in-use.ts'
import { postgresqlConf } from '../../src/postgres/configuration.ts'
import { queryAsOwner } from './owner-query.ts'
import { CREDENTIALS, createPodDirectory, makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { ANY_MAJOR, MAJORS } from './programs-under-test.ts'

const conf = (major: PostgresMajor, parameters: Record<string, string>): string =>
  postgresqlConf({ major, memoryLimitBytes: 2 ** 27, storageBytes: 2 ** 28, parameters })

async function running(port: number): Promise<Record<string, unknown>> {
  const { rows } = await queryAsOwner(
    port,
    `SELECT pg_postmaster_start_time()::text AS started, current_setting('work_mem') AS work_mem,
      current_setting('max_connections') AS max_connections,
      current_setting('cdk8s_database.config_hash') AS hash,
      ARRAY(SELECT name FROM pg_settings WHERE pending_restart) AS pending`,
  )
  return rows[0] as Record<string, unknown>
}

/** What a login finds out about the settings in use. */
async function configuration(pod: PodDirectory, port: number, text: string): Promise<ConfigurationInUse | undefined> {
  const result = await pod.login(port, {}, text)
  expect(result).toMatchObject({ ok: true })
  return result.ok ? result.configuration : undefined
}

const WAIT = { timeout: 15_000, interval: 200 }

/** Processes that the server did not start itself: the shell that looks at the files. */
function watchers(server: number): number[] {
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim().split(' ').map(Number)
  return children.filter((pid) => /^sh$|^dash$|^bash$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()))
}

const hasProc = existsSync('/proc/self/task')
if (!hasProc) process.stdout.write('no /proc: the process beside the server is not looked at\n')

describe('changed files', () => {
  test.each(MAJORS)('are taken over by PostgreSQL %s while it runs, but for what needs a start', async (major) => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await pod.serve(async (port) => {
      const before = await running(port)
      expect(await configuration(pod, port, conf(major, {}))).toEqual({ state: 'in-use' })
      await pod.configure('postgresql.conf', conf(major, { work_mem: '9MB', max_connections: '50' }))
      const after = await vi.waitUntil(async () => {
        const now = await running(port)
        return now['work_mem'] === '9MB' && now
      }, WAIT)
      expect(after).toMatchObject({ started: before['started'], max_connections: '100', pending: ['max_connections'] })
      expect(after['hash']).not.toBe(before['hash'])
      expect(await configuration(pod, port, conf(major, {}))).toMatchObject({ state: 'not-loaded' })
      expect(await configuration(pod, port, conf(major, { work_mem: '9MB', max_connections: '50' }))).toEqual({
        state: 'pending-restart',
        message: expect.stringMatching(/^max_connections will change when the server starts/),
      })
      await pod.configure('postgresql.conf', conf(major, { work_mem: '9MB', timezone: 'Mars/Olympus', lc_time: 'xx' }))
      const odd = conf(major, { work_mem: '9MB', timezone: 'Mars/Olympus', lc_time: 'xx' })
      await vi.waitUntil(async () => (await configuration(pod, port, odd))?.state !== 'not-loaded', WAIT)
      expect(await configuration(pod, port, odd)).toMatchObject({
        state: 'not-in-effect',
        message: expect.stringContaining('lc_time is "C" instead of "xx"'),
      })
    })
  })
})

describe('the shell that looks at the files', () => {
  let pod: PodDirectory
  beforeAll(async () => {
    pod = await makePodDirectory(ANY_MAJOR)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
  })
  afterAll(async () => pod.dispose())

  test('tells the server again after a file that it does not understand', async () => {
    await pod.serve(async (port, server) => {
      await pod.configure('postgresql.conf', conf(ANY_MAJOR, { work_mem: '9MB', no_such_parameter: '1' }))
      await vi.waitUntil(() => server.output().includes('unrecognized configuration parameter "no_such_parameter"'), {
        timeout: 15_000,
      })
      expect(await running(port)).toMatchObject({ work_mem: '4MB' })
      const wrong = conf(ANY_MAJOR, { work_mem: '9MB', no_such_parameter: '1' })
      expect(await configuration(pod, port, wrong)).toMatchObject({
        state: 'refused',
        message: expect.stringMatching(/does not know no_such_parameter/),
      })
      await pod.configure('postgresql.conf', conf(ANY_MAJOR, { work_mem: '9MB' }))
      await vi.waitUntil(async () => (await running(port))['work_mem'] === '9MB', WAIT)
    })
  })

  test('is not doubted where a session began before it did its work and keeps what only new ones take over', async () => {
    await pod.serve(async (port) => {
      const { username: user, database, password } = CREDENTIALS
      const client = new Client({ host: '127.0.0.1', port, user, database, password, ssl: false })
      await client.connect()
      try {
        const text = conf(ANY_MAJOR, { log_disconnections: 'on' })
        await pod.configure('postgresql.conf', text)
        const session: SettingsSession = { query: (sql, values) => client.query(sql, [...values]) }
        const found = await vi.waitUntil(async () => {
          const state = await configurationInUse(session, text)
          return state.state !== 'not-loaded' && state
        }, WAIT)
        expect(found).toEqual({ state: 'in-use' })
        expect((await client.query('SHOW log_disconnections')).rows).toEqual([{ log_disconnections: 'off' }])
        expect(await configuration(pod, port, text)).toEqual({ state: 'in-use' })
      } finally {
        await client.end()
      }
    })
  })

  test.runIf(hasProc)('holds nothing that the server writes to: its log ends with it', async () => {
    await pod.serve(async (_port, server) => {
      const [watcher = 0] = watchers(server.process.pid ?? 0)
      const log = [1, 2].map((fd) => readlinkSync(`/proc/${server.process.pid}/fd/${fd}`))
      const open = readdirSync(`/proc/${watcher}/fd`).map((fd) => readlinkSync(`/proc/${watcher}/fd/${fd}`))
      expect(log).toEqual([expect.stringMatching(/^(pipe|socket):/), expect.stringMatching(/^(pipe|socket):/)])
      expect(open.filter((target) => log.includes(target))).toEqual([])
    })
  })

  test.runIf(hasProc)('ends with the server', async () => {
    const [watcher = 0] = await pod.serve(async (_port, server) => watchers(server.process.pid ?? 0))
    expect(watcher).toBeGreaterThan(0)
    await vi.waitUntil(() => !existsSync(`/proc/${watcher}`), { timeout: 10_000 })
  })

  test.runIf(hasProc)('may be ended without a word to the server', async () => {
    await pod.serve(async (port, server) => {
      const [watcher = 0] = watchers(server.process.pid ?? 0)
      const before = await running(port)
      process.kill(watcher, 'SIGTERM')
      await vi.waitUntil(() => !existsSync(`/proc/${watcher}`), { timeout: 10_000 })
      await delay(200)
      expect(await running(port)).toEqual(before)
      expect(server.output()).not.toContain('terminating')
    })
  })
})
