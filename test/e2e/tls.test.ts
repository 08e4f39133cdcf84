/** A database that takes encrypted connections only: switched on and off, renewed, and told where it does not work. */
import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { certificateSecret } from '../cluster/certificate-secret.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'
import type { CertificateWithKey } from '../cluster/certificate.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { authorityFile } from '../../src/api/names.ts'
import { connect } from '../../src/constructs/connect.ts'
import { REPLICATION_MAJOR } from '../postgres/programs-under-test.ts'
import { leaksIn } from './canary.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { field, installDefinition, labManifest, password, query, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'tls', {
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
})

const directory = mkdtempSync(join(tmpdir(), 'tls-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const HOST = `test-db.${namespace}.svc.cluster.local`
const DAY_MS = 86_400_000
const authority = createCertificateAuthority('authority of the test')
const issued = (from = -1, until = 30, hosts = [HOST]): CertificateWithKey =>
  issueCertificate(authority, {
    commonName: 'test-db',
    hosts,
    validity: [new Date(Date.now() + from * DAY_MS), new Date(Date.now() + until * DAY_MS)],
  })

const PLAIN = labManifest()
const ENCRYPTED = `${PLAIN}  tls:\n    secretName: test-db-tls\n`

/** Every private key that was ever in the Secret, and everything that any command said. */
const keys: string[] = []
let said = ''

async function run(args: readonly string[], stdin: string): Promise<CommandResult> {
  const result = await cli([...args, '-f', '-', '-n', namespace], { kubeconfig, stdin })
  said += result.stdout + result.stderr
  return result
}

const apply = (manifest: string, timeout = '60s'): Promise<CommandResult> =>
  run(['apply', '-v', '--timeout', timeout], manifest)

/** Keeps the Secret, as cert-manager or a person would. */
async function keep(pair: CertificateWithKey): Promise<void> {
  keys.push(...pair.key.split('\n').filter((line) => line.length > 40))
  const { code, stderr } = await cluster.kubectl(['-n', namespace, 'apply', '--server-side', '-f', '-'], {
    stdin: JSON.stringify(certificateSecret('test-db-tls', authority, pair)),
  })
  if (code !== 0) throw new Error(stderr)
}

/** Which pod runs, and whether its container was ever started anew. */
const pod = (): Promise<string> =>
  field(cluster, namespace, '.metadata.uid} {.status.containerStatuses[0].restartCount', 'pod/test-db-0')

const condition = (type: string): Promise<string> =>
  field(cluster, namespace, `.status.conditions[?(@.type=="${type}")].reason`)

const secretKey = async (key: string): Promise<string> =>
  Buffer.from(await field(cluster, namespace, `.data.${key}`, 'secret/test-db-credentials'), 'base64').toString()

/** What a client finds that comes from another address than the server's own, as every client of a pod does. */
async function client(way: Pick<pg.ClientConfig, 'ssl' | 'connectionString'>): Promise<{
  readonly version: unknown
  readonly expires: string
}> {
  const secret = await password(cluster, namespace)
  const [row] = await query(cluster, namespace, `select current_setting('port') as port`, { password: secret })
  const socket = new Socket()
  const open = socket.connect.bind(socket)
  const address = { host: '127.0.0.1', port: Number(row?.['port']), localAddress: '127.0.0.2' }
  const session = new pg.Client({
    // The driver takes the name for the certificate from here.
    host: HOST,
    user: 'admin',
    database: 'mydb',
    password: secret,
    ...way,
    stream: () => Object.assign(socket, { connect: () => open(address) }),
  })
  session.on('error', () => undefined)
  try {
    await session.connect()
    const { rows } = await session.query<{ version: unknown }>(
      'select version from pg_stat_ssl where pid = pg_backend_pid()',
    )
    const { stream } = (
      session as unknown as { connection: { stream: { getPeerCertificate?: () => { valid_to: string } } } }
    ).connection
    const expires = stream.getPeerCertificate?.().valid_to
    return { version: rows[0]?.version, expires: expires === undefined ? '' : new Date(expires).toISOString() }
  } finally {
    await session.end().catch(() => undefined)
    socket.destroy()
  }
}

const trusting = { ssl: { ca: authority.certificate } }

/** The form of the Secret that checks the server, as a client has it whose file of authorities is that one. */
async function verifiedUri(certificate: string): Promise<string> {
  const file = join(directory, 'ca.crt')
  writeFileSync(file, certificate)
  return (await secretKey('verified-uri')).replace(authorityFile('test-db'), file)
}

/** What psql says in a pod that is connected as the app's own would be. */
async function psqlInAPod(script: string): Promise<string> {
  const tls = { secretName: 'test-db-tls' }
  const { env, podLabels, volumes, volumeMounts } = connect({ name: 'test-db', namespace, tls })
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const container = { name: 'client', image: `postgres:${REPLICATION_MAJOR}`, command: ['sh', '-c', script], env }
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'client' },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: podLabels },
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{ ...container, securityContext, volumeMounts }],
          volumes,
        },
      },
    },
  }
  const kubectl = async (args: readonly string[], stdin = ''): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(['-n', namespace, ...args], { stdin })
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  await kubectl(['create', '-f', '-'], JSON.stringify(job))
  await kubectl(['wait', '--for=condition=complete', 'job/client', '--timeout=60s'])
  return kubectl(['logs', 'job/client'])
}

beforeAll(async () => {
  await installDefinition(cluster)
  const { code, stderr } = await apply(PLAIN)
  expect(code, stderr).toBe(0)
})

describe('TLS that is switched on', () => {
  test('is a restart, says the plan', async () => {
    const { stdout } = await run(['diff'], ENCRYPTED)
    expect(stdout).toMatch(/~ update +Database \S+\/test-db +restart/)
    expect(stdout).toMatch(/~ update +StatefulSet \S+\/test-db +restart/)
  })

  test('waits for its Secret and says so, while the server goes on as it was', async () => {
    const before = await pod()
    const { code, stderr } = await apply(ENCRYPTED, '4s')
    expect(code, stderr).toBe(4)
    expect(stderr).toContain('Secret test-db-tls does not exist; spec.tls names it')
    expect(await condition('Ready')).toBe('TlsSecretMissing')
    expect(await condition('Reconciling')).toBe('TlsSecretMissing')
    expect(await pod()).toBe(before)
    expect(await client({ ssl: false })).toEqual({ version: null, expires: '' })
  })

  test('is Ready as soon as the Secret is there, with a login that checked chain and name', async () => {
    const before = await pod()
    const secret = await password(cluster, namespace)
    await keep(issued())
    const { code, stderr } = await apply(ENCRYPTED)
    expect(code, stderr).toBe(0)
    expect(await condition('Ready')).toBe('AllChecksPassed')
    expect(await pod()).not.toBe(before)
    const found = await client(trusting)
    expect(found.version).toBe('TLSv1.3')
    expect(Date.parse(await field(cluster, namespace, '.status.certificateExpires'))).toBe(Date.parse(found.expires))
    expect(await password(cluster, namespace)).toBe(secret)
    expect(await secretKey('uri')).toBe(`postgresql://admin:${secret}@${HOST}:5432/mydb?sslmode=require`)
  })

  test('turns away who does not encrypt', async () => {
    await expect(client({ ssl: false })).rejects.toThrow(/no pg_hba.conf entry for host "127.0.0.2".*no encryption/)
  })

  test('is checked by the URI of the Secret, with the file that connect() mounts', async () => {
    expect(await client({ connectionString: await verifiedUri(authority.certificate) })).toMatchObject({
      version: 'TLSv1.3',
    })
    const stranger = createCertificateAuthority('somebody else')
    await expect(client({ connectionString: await verifiedUri(stranger.certificate) })).rejects.toThrow(
      /unable to verify|self-signed certificate/,
    )
  })

  test.runIf(REPLICATION_MAJOR)('is checked by psql in a pod that has what connect() gives, and no key', async () => {
    const log = await psqlInAPod(`
      ls "\${PGSSLROOTCERT%/*}"
      psql -X -At -c 'select version from pg_stat_ssl where pid = pg_backend_pid()'
      PGHOST=impostor.example.com psql -X -c 'select 1' 2>&1 || true`)
    expect(log).toMatch(/^ca\.crt\nTLSv1\.3\n/)
    expect(log).toContain('does not match host name "impostor.example.com"')
  })

  test('takes a renewed certificate over without a restart', async () => {
    const before = await pod()
    await keep(issued(-1, 60))
    const { code, stderr } = await apply(ENCRYPTED)
    expect(code, stderr).toBe(0)
    const { expires } = await client(trusting)
    expect(Date.parse(expires)).toBeGreaterThan(Date.now() + 50 * DAY_MS)
    expect(Date.parse(await field(cluster, namespace, '.status.certificateExpires'))).toBe(Date.parse(expires))
    expect(await pod()).toBe(before)
    expect((await apply(ENCRYPTED)).stdout).toContain('no changes')
  })

  test('warns while a certificate that nobody renewed still works', async () => {
    await keep(issued(-1, 3))
    const soon = await apply(ENCRYPTED)
    expect(soon.code, soon.stderr).toBe(0)
    expect(soon.stderr).toMatch(/warning: Database \S+\/test-db: CertificateExpiresSoon: /)
    expect(await condition('Degraded')).toBe('CertificateExpiresSoon')
  })

  describe('and that a controller looks after', () => {
    let controller: ControllerProcess | undefined
    beforeAll(async () => {
      const flags = ['--watch-namespace', namespace, '--listen', '127.0.0.1:0']
      controller = startController(flags, { kubeconfig })
      await controller.says('"msg":"synced"')
    }, 60_000)
    afterAll(async () => {
      const { stdout = '', stderr = '' } = (await controller?.stop()) ?? {}
      said += stdout + stderr
    })

    /** Writes a pair into the Secret and has the controller look, which it does by itself within the hour. */
    async function renew(pair: CertificateWithKey): Promise<void> {
      await keep(pair)
      const annotation = `database.example.com/reconcile-requested-at=${keys.length}`
      const asked = await cluster.kubectl(['-n', namespace, 'annotate', 'db/test-db', '--overwrite', annotation])
      expect(asked.code, asked.stderr).toBe(0)
    }
    const becomes = (type: string, reason: string): Promise<unknown> =>
      vi.waitFor(async () => expect(await condition(type)).toBe(reason), { timeout: 45_000, interval: 200 })
    /** When the certificate ends, as Prometheus is told. */
    async function measured(): Promise<number> {
      const [, port = ''] = /"msg":"listening".*"port":(\d+)/.exec(controller?.said() ?? '') ?? []
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      const series = `database_certificate_expiry_timestamp_seconds{namespace="${namespace}",name="test-db"} `
      return Number(
        metrics
          .split('\n')
          .find((line) => line.startsWith(series))
          ?.slice(series.length),
      )
    }

    test('stays Ready over a renewal, and tells when it ends', async () => {
      const before = await pod()
      const ends = async (): Promise<number> =>
        Date.parse(await field(cluster, namespace, '.status.certificateExpires')) / 1000
      expect(await measured()).toBe(await ends())
      const writes = (await storedWrites(cluster, namespace)).length
      await renew(issued(-1, 90))
      const renewed = Date.now() / 1000 + 80 * 86_400
      await vi.waitFor(async () => expect(await ends()).toBeGreaterThan(renewed), { timeout: 45_000, interval: 200 })
      expect(await measured()).toBe(await ends())
      expect(await condition('Degraded')).toBe('AsExpected')
      const shown = (await storedWrites(cluster, namespace)).slice(writes).map(({ requestObject }) => {
        const { phase, ready } = (requestObject as { status?: { phase?: string; ready?: boolean } }).status ?? {}
        return `${phase} ${ready}`
      })
      expect(new Set(shown)).toEqual(new Set(['Ready true']))
      expect(await pod()).toBe(before)
      expect((await client(trusting)).version).toBe('TLSv1.3')
    })

    test('is not Ready with a certificate of another name, or one that has ended', async () => {
      await renew(issued(-1, 90, ['impostor.example.com']))
      await becomes('Ready', 'CertificateNameMismatch')
      await renew(issued(-3, -1))
      await becomes('Ready', 'CertificateExpired')
      expect(await condition('Available')).toBe('CertificateExpired')
    })
  })

  test('is switched off again by a restart, and the forms in the Secret with it', async () => {
    const secret = await password(cluster, namespace)
    const { code, stderr } = await apply(PLAIN)
    expect(code, stderr).toBe(0)
    expect(await client({ ssl: false })).toEqual({ version: null, expires: '' })
    expect(await secretKey('uri')).toBe(`postgresql://admin:${secret}@${HOST}:5432/mydb`)
    expect(await secretKey('verified-uri')).toBe('')
    expect(await field(cluster, namespace, '.status.certificateExpires')).toBe('')
  })

  test('shows a private key nowhere', async () => {
    const { stdout: objects } = await cluster.kubectl([
      '-n',
      namespace,
      'get',
      'databases,configmaps,statefulsets,pods,events',
      '-o',
      'yaml',
      '--show-managed-fields',
    ])
    const requests = (await cluster.auditEvents()).filter(({ userAgent }) => userAgent?.startsWith('cdk8s-database'))
    const written = JSON.stringify(requests.map(({ requestObject }) => requestObject))
    expect(keys.length).toBeGreaterThan(4)
    expect(leaksIn(said + objects + written, keys)).toEqual([])
  })
})
