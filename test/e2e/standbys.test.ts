/** Standbys with real PostgreSQL: rows that are written on the primary are read on them, whatever happens to either. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { REPLICATION_MAJOR } from '../postgres/programs-under-test.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { field, installDefinition, labManifest, password, query } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'standbys')

const STANDBYS = ['test-db-standby-1', 'test-db-standby-2'] as const

/** Everything that a server says, so that a password in it would be seen. */
const LOGGING = `  parameters:\n    log_statement: all\n    log_connections: "on"\n    log_replication_commands: "on"\n`

function manifest(replicas: number): string {
  const text = labManifest({ 'postgres:14': `postgres:${REPLICATION_MAJOR}`, 'replicas: 1': `replicas: ${replicas}` })
  return `${text}${LOGGING}`
}

function apply(replicas: number): Promise<CommandResult> {
  const flags = ['-n', namespace, '-v', '--timeout', '150s']
  return cli(['apply', '-f', '-', ...flags], { kubeconfig, stdin: manifest(replicas) })
}

describe.runIf(REPLICATION_MAJOR)('a database with three replicas', () => {
  let secret = ''

  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(['-n', namespace, ...args])
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const write = (sql: string): Promise<unknown> => query(cluster, namespace, sql, { password: secret })
  const identity = (pod: string): Promise<string> => field(cluster, namespace, '.metadata.uid', `pod/${pod}`)

  /** What a standby reads of the table, or the error that it answers with. */
  async function read(pod: string): Promise<string> {
    try {
      const rows = await query(cluster, namespace, 'select word from words order by word', { password: secret, pod })
      return rows.map(({ word }) => String(word)).join(' ')
    } catch (error) {
      return String(error)
    }
  }
  const reads = (pod: string, words: string): Promise<void> =>
    vi.waitFor(async () => expect(await read(pod)).toBe(words), { timeout: 60_000, interval: 250 })
  const ready = (pod: string): Promise<string> =>
    kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=90s')
  const log = (pod: string): Promise<string> => kubectl('logs', pod, '--all-containers')
  /** What the copying says, also where it was interrupted and begun again. */
  const copyingLog = async (pod: string): Promise<string> => {
    const earlier = await cluster.kubectl(['-n', namespace, 'logs', pod, '-c', 'bootstrap', '--previous'])
    return `${earlier.code === 0 ? earlier.stdout : ''}${await log(pod)}`
  }

  /** Deletes a pod and waits for its successor to be ready. */
  async function replace(pod: string, meanwhile?: () => Promise<void>): Promise<void> {
    const before = await identity(pod)
    await kubectl('delete', 'pod', pod, '--wait=true')
    await meanwhile?.()
    await vi.waitFor(async () => expect(await identity(pod)).not.toBe(before), { timeout: 30_000 })
    await ready(pod)
  }

  beforeAll(async () => {
    await installDefinition(cluster)
    const { code, stderr } = await apply(3)
    expect(stderr).toMatch(/Verifying -> Ready/)
    expect(code).toBe(0)
    secret = await password(cluster, namespace)
  }, 180_000)

  test('reads on both standbys what was written on the primary, and lets nobody write there', async () => {
    await write('create table words (word text)')
    await write(`insert into words values ('first')`)
    for (const pod of STANDBYS) await reads(pod, 'first')
    const refused = query(cluster, namespace, `insert into words values ('no')`, { password: secret, pod: STANDBYS[0] })
    await expect(refused).rejects.toThrow(/read-only transaction/)
    expect(await field(cluster, namespace, '.status.readyReplicas')).toBe('3')
  })

  test('has its readers led to the standbys only, and its clients to the primary only', async () => {
    const targets = async (service: string): Promise<string[]> => {
      const selector = `kubernetes.io/service-name=${service}`
      const names = '{.items[*].endpoints[*].targetRef.name}'
      return (await kubectl('get', 'endpointslices', '-l', selector, '-o', `jsonpath=${names}`)).split(' ').toSorted()
    }
    await vi.waitFor(async () => expect(await targets('test-db-ro')).toEqual([...STANDBYS]), { timeout: 20_000 })
    expect(await targets('test-db')).toEqual(['test-db-0'])
    expect(await field(cluster, namespace, '.status.disruptionsAllowed', 'pdb/test-db')).toBe('1')
  })

  test('has standbys that follow when the primary is replaced', async () => {
    await replace('test-db-0')
    await write(`insert into words values ('second')`)
    for (const pod of STANDBYS) await reads(pod, 'first second')
  })

  test('clones a standby anew whose volume was wiped', async () => {
    const [pod] = STANDBYS
    const volume = await field(cluster, namespace, '.spec.volumeName', `pvc/data-${pod}`)
    const directory = await field(cluster, namespace, '.spec.hostPath.path', `pv/${volume}`)
    await replace(pod, async () => rmSync(join(directory, String(REPLICATION_MAJOR)), { recursive: true }))
    expect(await log(pod)).toContain('is a copy of the primary')
    await write(`insert into words values ('third')`)
    await reads(pod, 'first second third')
  })

  test('goes from three replicas to one and back, with the data of the primary and without a restart of it', async () => {
    const primary = await identity('test-db-0')
    const status = await cli(['status', '-n', namespace], { kubeconfig })
    expect(status.stdout).toMatch(/StatefulSet test-db-standby\s+Current[\s\S]*Pod test-db-standby-1\s+Current/)
    expect(status.code, status.stdout).toBe(0)
    const diff = await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: manifest(1) })
    for (const going of ['StatefulSet', 'Service', 'PodDisruptionBudget'])
      expect(diff.stdout).toMatch(new RegExp(`- delete +${going} \\S+/test-db\\S* .*no longer asks for it`))
    const shrunk = await apply(1)
    expect(shrunk.stderr).toContain('Removing')
    expect(shrunk.code).toBe(0)
    await vi.waitFor(async () => expect(await kubectl('get', 'pods', '-o', 'name')).toBe('pod/test-db-0\n'), {
      timeout: 60_000,
    })
    expect(await kubectl('get', 'pdb,services', '-o', 'name')).toBe('service/test-db\nservice/test-db-pods\n')
    expect(await kubectl('get', 'pvc', '-o', 'name')).toContain('data-test-db-standby-2')
    const slots = (): Promise<unknown> =>
      query(cluster, namespace, 'select slot_name from pg_replication_slots', { password: secret })
    await vi.waitFor(async () => expect(await slots()).toEqual([]), { timeout: 60_000, interval: 500 })
    await write(`insert into words values ('zero')`)
    const grown = await apply(3)
    expect(grown.code).toBe(0)
    for (const pod of STANDBYS) {
      expect(await copyingLog(pod)).toContain('is made anew')
      await reads(pod, 'first second third zero')
    }
    expect(await identity('test-db-0')).toBe(primary)
    expect(await field(cluster, namespace, '.status.containerStatuses[0].restartCount', 'pod/test-db-0')).toBe('0')
  }, 240_000)

  afterAll(async () => {
    const data = await field(cluster, namespace, '.data.password', 'secret/test-db-replication')
    const replication = Buffer.from(data, 'base64').toString('utf8')
    expect(replication).toMatch(/^\w{32}$/)
    for (const pod of ['test-db-0', ...STANDBYS]) {
      const said = await log(pod)
      expect(said).not.toContain(replication)
      expect(said).not.toContain(secret)
      expect(said).not.toContain('SCRAM-SHA-256$')
    }
  })
})
