/** Passwords change under load, at a person's hand and under kills, and nobody who asks for the current one is turned away. */
import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import type { SeenRequest } from '../faults/proxy.ts'
import { leaksIn } from './canary.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { field, installDefinition, labManifest, password, query, storedWrites, writtenPhases } from './database.ts'
import { run } from './in-process.ts'
import { startLoad } from './rotation-load.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const directory = mkdtempSync(join(tmpdir(), 'rotation-'))

const namespaces = ['rotation', 'rotation-edit', 'rotation-existing', 'rotation-kill'] as const
const [asked = '', edited = '', existing = '', killed = ''] = await Promise.all(
  namespaces.map((name) => createNamespace(cluster, name)),
)
const FOREIGN = { first: 'the-first-one', second: 'the-second-one', stranger: 'wrong-as-well' } as const
const FOREIGN_SECRET = `${labManifest()}  credentials:\n    existingSecret:\n      name: theirs\n      passwordKey: pass\n`
let made: CommandResult | undefined

beforeAll(async () => {
  await installDefinition(cluster)
  const literal = `--from-literal=pass=${FOREIGN.first}`
  const created = await cluster.kubectl(['-n', existing, 'create', 'secret', 'generic', 'theirs', literal])
  expect(created.code, created.stderr).toBe(0)
  // Side by side: each waits for its server most of the time.
  const results = await Promise.all([
    apply(asked, LOGGING),
    apply(edited),
    apply(existing, FOREIGN_SECRET),
    apply(killed),
  ])
  for (const { code, stderr } of results) expect(code, stderr).toBe(0)
  ;[made] = results
}, 180_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const SECRET = 'secret/test-db-credentials'
const LOGGING = `${labManifest()}  parameters:\n    log_statement: all\n    log_min_duration_statement: "0"\n    log_connections: "on"\n`

function apply(namespace: string, manifest = labManifest(), flags = ['--timeout', '60s']): Promise<CommandResult> {
  return cli(['apply', '-f', '-', '-n', namespace, '-v', ...flags], { kubeconfig, stdin: manifest })
}

/** Long enough for one attempt and what it says. */
const ONE_ATTEMPT = ['--timeout', '5s']

async function ask(namespace: string, value: string): Promise<void> {
  const annotation = `database.example.com/rotate-credentials=${value}`
  const { code, stderr } = await cluster.kubectl(['-n', namespace, 'annotate', 'db/test-db', '--overwrite', annotation])
  if (code !== 0) throw new Error(stderr)
}

/** Writes keys of a Secret, as a person would. */
async function edit(namespace: string, texts: Readonly<Record<string, string>>, secret = SECRET): Promise<void> {
  const patch = JSON.stringify({ stringData: texts })
  const { code, stderr } = await cluster.kubectl(['-n', namespace, 'patch', secret, '--type=merge', '-p', patch])
  if (code !== 0) throw new Error(stderr)
}

/** Every key of the generated Secret, decoded. */
async function credentials(namespace: string): Promise<Record<string, string>> {
  const { body } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/secrets/test-db-credentials`)
  const { data = {} } = body as { data?: Record<string, string> }
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]))
}

const podIdentity = (namespace: string): Promise<string> =>
  field(
    cluster,
    namespace,
    '.metadata.uid} {.status.containerStatuses[0].restartCount} {.status.startTime',
    'pod/test-db-0',
  )

async function logsIn(namespace: string, secret: string): Promise<boolean> {
  try {
    await query(cluster, namespace, 'select 1', { password: secret })
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('password authentication failed')) return false
    throw error
  }
}

describe('a rotation that the annotation asks for', () => {
  const namespace = asked
  let before = ''
  let after = ''
  let output = ''

  beforeAll(async () => {
    output = `${made?.stdout}${made?.stderr}`
    before = await password(cluster, namespace)
  })

  test('changes the password under load: who reads it afterwards gets in, who is in stays, and nothing restarts', async () => {
    const pod = await podIdentity(namespace)
    const [row] = await query(cluster, namespace, `select current_setting('port')::int as port`, { password: before })
    const load = await startLoad({
      clients: 4,
      readPassword: async () => (await credentials(namespace))['password'] ?? '',
      login: { host: '127.0.0.1', port: Number(row?.['port']), user: 'admin', database: 'mydb' },
    })
    await load.attempted(3)
    const writes = (await storedWrites(cluster, namespace)).length
    await ask(namespace, 'first')
    const { code, stdout, stderr } = await apply(namespace, LOGGING)
    const completed = performance.now()
    await load.attempted(5, completed)
    const attempts = await load.stop()
    output += stdout + stderr
    expect(code, stderr).toBe(0)
    after = await password(cluster, namespace)
    // The kills below go through all of them: two to the Secret, the others to the status.
    expect((await storedWrites(cluster, namespace)).length - writes).toBe(5)
    const failed = attempts.filter(({ error }) => error !== undefined)
    // Only who has read the Secret before the new password was in it, and comes after the server has it, is turned away.
    expect(failed.filter(({ password: read }) => read !== before)).toEqual([])
    expect(failed.filter(({ error }) => error !== 'password authentication failed for user "admin"')).toEqual([])
    const later = attempts.filter(({ begun }) => begun >= completed)
    expect(later.length).toBeGreaterThanOrEqual(20)
    expect(new Set(later.map(({ password: read, error }) => error ?? read))).toEqual(new Set([after]))
    expect(after).not.toBe(before)
    expect(after).toHaveLength(32)
    expect(await logsIn(namespace, before)).toBe(false)
    expect(await podIdentity(namespace)).toBe(pod)
  })

  test('is shown as Updating, then Verifying, then Ready', async () => {
    expect((await writtenPhases(cluster, namespace)).slice(-4)).toEqual(['Ready', 'Updating', 'Verifying', 'Ready'])
    expect(output).toContain('reason=RotatingCredentials')
  })

  test('writes every form of the password and leaves no other behind', async () => {
    const host = `test-db.${namespace}.svc.cluster.local`
    expect(await credentials(namespace)).toEqual({
      type: 'postgresql',
      provider: 'cdk8s-database',
      username: 'admin',
      database: 'mydb',
      dbname: 'mydb',
      port: '5432',
      host,
      password: after,
      uri: `postgresql://admin:${after}@${host}:5432/mydb`,
      'jdbc-uri': `jdbc:postgresql://${host}:5432/mydb?user=admin&password=${after}`,
      pgpass: `${host}:5432:mydb:admin:${after}`,
    })
  })

  test('shows neither password in the log of the server, in events, status or output', async () => {
    const log = await cluster.kubectl(['-n', namespace, 'logs', 'test-db-0', '-c', 'postgres'])
    expect(log.stdout).toMatch(/ALTER ROLE CURRENT_USER PASSWORD 'SCRAM-SHA-256\$4096:/)
    const rest = await cluster.kubectl(['-n', namespace, 'get', 'db,event,cm,sts,pod', '-o', 'yaml'])
    const status = await cli(['status', '-n', namespace, '-o', 'json'], { kubeconfig })
    const plan = await cli(['diff', '-f', '-', '-n', namespace, '-o', 'json'], { kubeconfig, stdin: labManifest() })
    for (const text of [log.stdout, rest.stdout, status.stdout, status.stderr, plan.stdout, plan.stderr, output])
      expect(leaksIn(text, [before, after])).toEqual([])
  })

  test('is not repeated for the same value', async () => {
    const writes = (await storedWrites(cluster, namespace)).length
    const { code } = await apply(namespace, LOGGING)
    expect(code).toBe(0)
    expect(await password(cluster, namespace)).toBe(after)
    expect((await storedWrites(cluster, namespace)).length).toBe(writes)
  })

  test('is left alone by a run that makes no login, which says that it verified nothing', async () => {
    await ask(namespace, 'second')
    const { code, stdout } = await apply(namespace, LOGGING, ['--verify', 'off'])
    expect(stdout).toContain('ready:')
    expect(code).toBe(0)
    expect(await credentials(namespace)).toMatchObject({ password: after })
    expect(await logsIn(namespace, after)).toBe(true)
  })

  test('survives the deletion of the Database: applied again, it has the data and the new password', async () => {
    expect((await apply(namespace, LOGGING)).code).toBe(0)
    const rotated = await password(cluster, namespace)
    expect(rotated).not.toBe(after)
    await query(cluster, namespace, 'create table kept as select 1 as one', { password: rotated })
    const deleted = await cli(['delete', '-f', '-', '-n', namespace], { kubeconfig, stdin: LOGGING })
    expect(deleted.code, deleted.stderr).toBe(0)
    expect((await apply(namespace, LOGGING)).code).toBe(0)
    expect(await password(cluster, namespace)).toBe(rotated)
    expect(await query(cluster, namespace, 'select one from kept', { password: rotated })).toEqual([{ one: 1 }])
  })
})

describe('a password that a person has changed', () => {
  const namespace = edited

  test('in the generated Secret becomes that of the role, whatever characters it has', async () => {
    const before = await password(cluster, namespace)
    const chosen = String.raw`pa:ss/w@rd%\'"? ü€ &=`
    // As the runbook does it.
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'test-db-credentials' } }
    const stdin = JSON.stringify({ ...secret, data: { password: Buffer.from(chosen).toString('base64') } })
    const byHand = ['--server-side', '--force-conflicts', '--field-manager=by-hand', '-f', '-']
    expect(await cluster.kubectl(['-n', namespace, 'apply', ...byHand], { stdin })).toMatchObject({ code: 0 })
    const { code, stdout, stderr } = await apply(namespace)
    expect(code, stderr).toBe(0)
    expect(leaksIn(stdout + stderr, [before, chosen])).toEqual([])
    expect(await logsIn(namespace, chosen)).toBe(true)
    expect(await logsIn(namespace, before)).toBe(false)
    const { uri = '', pgpass } = await credentials(namespace)
    expect(decodeURIComponent(new URL(uri).password)).toBe(chosen)
    expect(pgpass).toContain(String.raw`pa\:ss/w@rd%\\'"? ü€ &=`)
  })

  test('and that has disappeared from the generated Secret is put back from the forms made of it', async () => {
    const before = await password(cluster, namespace)
    const patch = JSON.stringify([{ op: 'remove', path: '/data/password' }])
    await cluster.kubectl(['-n', namespace, 'patch', SECRET, '--type=json', '-p', patch])
    expect(await credentials(namespace)).not.toHaveProperty('password')
    const { code, stderr } = await apply(namespace)
    expect(code, stderr).toBe(0)
    expect(await password(cluster, namespace)).toBe(before)
  })

  test('and cannot be written into a URI or a file is refused with the reason, and may be corrected', async () => {
    const before = await password(cluster, namespace)
    await edit(namespace, { password: 'two\nlines' })
    const refused = await apply(namespace, labManifest(), ONE_ATTEMPT)
    expect(refused.stderr).toContain('CredentialsUnreadable')
    expect(refused.code).toBe(4)
    expect(await logsIn(namespace, before)).toBe(true)
    await edit(namespace, { password: 'one-line' })
    expect((await apply(namespace)).code).toBe(0)
    expect(await logsIn(namespace, 'one-line')).toBe(true)
  })
})

describe('a password that was changed in an existing Secret', () => {
  const { first, second, stranger } = FOREIGN
  const manifest = FOREIGN_SECRET
  const SECRETS = [first, second, stranger]
  const namespace = existing
  beforeAll(() => edit(namespace, { pass: second }, 'secret/theirs'))

  test('is rejected with the way out', async () => {
    const { code, stdout, stderr } = await apply(namespace, manifest, ONE_ATTEMPT)
    expect(stderr).toContain('LoginRejected')
    expect(stderr).toContain('previous-password')
    expect(leaksIn(stdout + stderr, SECRETS)).toEqual([])
    expect(code).toBe(4)
  })

  test('is rejected where the previous password is wrong as well', async () => {
    await edit(namespace, { 'previous-password': stranger }, 'secret/theirs')
    const { code, stdout, stderr } = await apply(namespace, manifest, ONE_ATTEMPT)
    expect(stderr).toContain('RotationRejected')
    expect(stderr).toContain('rotate-credentials.md')
    expect(leaksIn(stdout + stderr, SECRETS)).toEqual([])
    expect(code).toBe(4)
  })

  test('becomes that of the role once the previous one is told, and the Secret is never written', async () => {
    await edit(namespace, { 'previous-password': first }, 'secret/theirs')
    const { code, stdout, stderr } = await apply(namespace, manifest)
    expect(code, stderr).toBe(0)
    expect(leaksIn(stdout + stderr, SECRETS)).toEqual([])
    expect(await logsIn(namespace, second)).toBe(true)
    // Both may stay: a login with the current one works, so nothing is due.
    expect((await apply(namespace, manifest)).stdout).toContain('0 write ·')
    const writes = await storedWrites(cluster, namespace)
    expect(writes.filter(({ objectRef }) => objectRef?.resource === 'secrets')).toEqual([])
  })
})

describe('a rotation that is killed', () => {
  const isSecretWrite = ({ method, url }: SeenRequest): boolean => method !== 'GET' && url.includes('/secrets/')
  const isWrite = ({ method, url }: SeenRequest): boolean =>
    method !== 'GET' && !url.includes('dryRun=All') && !url.includes('selfsubjectaccessreviews')

  const namespace = killed

  /** Runs a rotation and kills it at its n-th write, before the server gets it or after it was carried out. */
  async function rotateAndKill(moment: 'before' | 'after', point: number, counts = isWrite): Promise<number> {
    let child: ChildProcess | undefined
    let writes = 0
    const killAtPoint = async (request: SeenRequest): Promise<void> => {
      if (!counts(request)) return
      writes += 1
      if (writes !== point || child === undefined) return
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
      if (moment === 'before') throw new Error('the request is lost')
    }
    const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, { [moment]: killAtPoint })
    try {
      const copy = join(directory, `kill.kubeconfig`)
      await proxy.writeKubeconfig(kubeconfig, copy)
      const { code } = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '60s'], {
        kubeconfig: copy,
        stdin: labManifest(),
        onStart: (started) => (child = started),
      })
      return code
    } finally {
      await proxy.close()
    }
  }

  async function expectRepair(before: string): Promise<void> {
    const { password: current, 'next-password': next } = await credentials(namespace)
    const { code, messages } = await run('apply', [parse(labManifest()) as object], {
      kubeconfig,
      flags: ['-n', namespace, '--timeout', '60s'],
    })
    expect(code, messages).toBe(0)
    const after = await credentials(namespace)
    expect(after).not.toHaveProperty('next-password')
    expect(after['password']).not.toBe(before)
    // What was begun is ended, not begun again.
    if (next !== undefined) expect(after['password']).toBe(next)
    else if (current !== before) expect(after['password']).toBe(current)
    expect(await logsIn(namespace, after['password'] ?? '')).toBe(true)
    expect(await logsIn(namespace, before)).toBe(false)
    expect(await field(cluster, namespace, '.status.phase')).toBe('Ready')
  }

  test.each([1, 2, 3, 4, 5])('at write %i ends rotated and Ready when it is run again', async (point) => {
    const before = await password(cluster, namespace)
    await ask(namespace, `after-write-${point}`)
    expect(await rotateAndKill('after', point)).toBe(137)
    await expectRepair(before)
  })

  test('between the server and the Secret is repaired, although the current password opens nothing then', async () => {
    const before = await password(cluster, namespace)
    await ask(namespace, 'between')
    expect(await rotateAndKill('before', 2, isSecretWrite)).toBe(137)
    expect(await password(cluster, namespace)).toBe(before)
    expect(await logsIn(namespace, before)).toBe(false)
    await expectRepair(before)
  })
})
