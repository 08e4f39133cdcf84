/** Dumps from schedule to restore: the CronJob's own Job, the file on the volume, the runbook, and what the status says. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { certificateSecret } from '../cluster/certificate-secret.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { blocksOf, pageAt } from '../docs/pages.ts'
import { programDirectory } from '../postgres/installation.ts'
import { MAJORS } from '../postgres/programs-under-test.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { field, installDefinition, labManifest, password, query } from './database.ts'

const major = MAJORS.find((candidate) => existsSync(join(programDirectory(candidate) ?? '', 'pg_dump')))
if (major === undefined) process.stdout.write('no pg_dump on this machine: dumps are not tried in a cluster\n')

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'backups', {
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
})
const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
  const options = stdin === undefined ? {} : { stdin }
  const { code, stdout, stderr } = await cluster.kubectl(['-n', namespace, ...args], options)
  if (code !== 0) throw new Error(stderr)
  return stdout
}

const IMAGE = `postgres:${major ?? ''}`
const BACKUP = '  backup: { schedule: "0 3 * * *", retention: { count: 2 }, storage: { size: 256Mi } }\n'
const TLS = '  tls: { secretName: encrypted-tls }\n'
const EXTRAS: Readonly<Record<string, string>> = { 'test-db': BACKUP, encrypted: BACKUP + TLS }
const manifest = (name: string): string =>
  `${labManifest({ 'test-db': name, 'postgres:14': IMAGE, '10Gi': '256Mi' })}${EXTRAS[name] ?? ''}`
const apply = async (name = 'test-db'): Promise<void> => {
  const flags = ['apply', '-f', '-', '-n', namespace, '--timeout', '90s']
  const { code, stdout, stderr } = await cli(flags, { kubeconfig: cluster.kubeconfig, stdin: manifest(name) })
  expect(code, `${stdout}${stderr}`).toBe(0)
}
const health = (): Promise<string> =>
  field(
    cluster,
    namespace,
    '.status.conditions[?(@.type=="BackupHealthy")].status} {.status.conditions[?(@.type=="BackupHealthy")].reason',
  )
const lastBackup = (): Promise<string> => field(cluster, namespace, '.status.lastSuccessfulBackup')
const ended = (job: string, condition: 'complete' | 'failed'): Promise<string> =>
  kubectl(['wait', `--for=condition=${condition}`, `job/${job}`, '--timeout=90s'])
const logOf = (job: string): Promise<string> => kubectl(['logs', `job/${job}`])
const dump = async (job: string, name = 'test-db'): Promise<string> => {
  await kubectl(['create', 'job', `--from=cronjob/${name}-backup`, job])
  await ended(job, 'complete')
  return logOf(job)
}

describe.runIf(major !== undefined)('a database with backups', () => {
  beforeAll(async () => {
    await installDefinition(cluster)
    await apply()
  }, 180_000)
  afterAll(() => kubectl(['delete', 'databases,jobs,cronjobs', '--all', '--wait=false']))

  test('is Ready before the first, and says that there is none', async () => {
    expect(await health()).toBe('Unknown NoBackupYet')
    expect(await lastBackup()).toBe('')
  })

  test('is dumped by a Job of its CronJob, and its status tells when', async () => {
    const login = { password: await password(cluster, namespace) }
    await query(cluster, namespace, 'CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 1000) n', login)
    expect(await dump('first')).toMatch(/^backup: wrote mydb-\d{8}T\d{6}Z\.dump, \d+ bytes\nbackup: 1 kept\n$/)
    await apply()
    expect(await health()).toBe('True BackupSucceeded')
    expect(await lastBackup()).toBe(await kubectl(['get', 'job', 'first', '-o', 'jsonpath={.status.completionTime}']))
  })

  test('is dumped over a connection that is bound to who knows the password, where there is TLS', async () => {
    const authority = createCertificateAuthority('authority of the test')
    const pair = issueCertificate(authority, {
      commonName: 'encrypted',
      hosts: [`encrypted.${namespace}.svc.cluster.local`],
    })
    await kubectl(['create', '-f', '-'], JSON.stringify(certificateSecret('encrypted-tls', authority, pair)))
    await apply('encrypted')
    expect(await dump('bound', 'encrypted')).toMatch(/^backup: wrote mydb-\S+\.dump, \d+ bytes\n/)
    const variables = await field(cluster, namespace, '.spec.template.spec.containers[0].env', 'job/bound')
    expect(JSON.parse(variables)).toEqual(
      expect.arrayContaining([
        { name: 'PGSSLMODE', value: 'require' },
        { name: 'PGCHANNELBINDING', value: 'require' },
      ]),
    )
  })

  test('restores as the runbook says', async () => {
    await apply('restored')
    const [block = ''] = blocksOf(pageAt('docs/runbooks/restore.md'), 'yaml')
    const text = block
      .replaceAll('orders-restored', 'restored')
      .replaceAll('orders-backup', 'test-db-backup')
      .replaceAll(/postgres:\S+/g, IMAGE)
      .replace('namespace: shop', `namespace: ${namespace}`)
    expect(parse(text)).toMatchObject({ kind: 'Job', metadata: { name: 'orders-restore', namespace } })
    await kubectl(['apply', '-f', '-'], text)
    await ended('orders-restore', 'complete')
    const login = { password: await password(cluster, namespace, 'restored'), name: 'restored' }
    expect(await query(cluster, namespace, 'SELECT count(*)::int AS count FROM orders', login)).toEqual([
      { count: 1000 },
    ])
  })

  test('keeps as many dumps as it is told, and all of them when it is deleted', async () => {
    expect(await dump('second')).toContain('backup: 2 kept')
    expect(await dump('third')).toMatch(/backup: removed .*, more than 2\nbackup: 2 kept/)
    const flags = ['delete', '-f', '-', '-n', namespace]
    const options = { kubeconfig: cluster.kubeconfig, stdin: manifest('test-db') }
    const { code, stdout, stderr } = await cli(flags, options)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/PersistentVolumeClaim \S*test-db-backup\s+holds your backups/)
    await apply()
    expect(await dump('fourth')).toContain('backup: 2 kept')
  })

  test('says so when one fails, until one succeeds', async () => {
    await apply()
    const before = await lastBackup()
    expect(before).not.toBe('')
    await kubectl(['delete', 'jobs', '--all'])
    const template = await kubectl([
      'create',
      'job',
      '--from=cronjob/test-db-backup',
      'bad',
      '--dry-run=server',
      '-o',
      'json',
    ])
    const job = JSON.parse(
      template.replaceAll('"value":"mydb"', '"value":"nosuch"').replaceAll('"value": "mydb"', '"value": "nosuch"'),
    )
    const { metadata, spec } = job
    const { uid: _, resourceVersion: __, creationTimestamp: ___, ...kept } = metadata
    const labels = { 'app.kubernetes.io/name': 'postgresql-backup', 'app.kubernetes.io/instance': 'test-db' }
    const { selector: ____, ...rest } = spec
    const body = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...kept, labels },
      spec: { ...rest, backoffLimit: 0 },
    }
    body.spec.template.metadata.labels = labels
    await kubectl(['create', '-f', '-'], JSON.stringify(body))
    await ended('bad', 'failed')
    expect(await logOf('bad')).toMatch(/^BackupFailed: pg_dump: /)
    await apply()
    expect(await health()).toBe('False BackupFailed')
    expect(await lastBackup()).toBe(before)
    await dump('good')
    await apply()
    expect(await health()).toBe('True BackupSucceeded')
  })

  test('loses what makes dumps when its spec no longer asks for them, as diff says before, and keeps the dumps', async () => {
    const status = await cli(['status', 'test-db', '-n', namespace], { kubeconfig: cluster.kubeconfig })
    expect(status.stdout).toMatch(/CronJob test-db-backup\s+Current\s+last successful backup \d{4}-/)
    const options = { kubeconfig: cluster.kubeconfig, stdin: manifest('test-db').replace(BACKUP, '') }
    const diff = (): ReturnType<typeof cli> => cli(['diff', '-f', '-', '-n', namespace, '-o', 'json'], options)
    const going = ({ stdout }: CommandResult): string[] => {
      const { changes } = JSON.parse(stdout) as {
        changes: { action: string; object: { kind: string; name: string } }[]
      }
      return changes.flatMap(({ action, object }) => (action === 'delete' ? [`${object.kind} ${object.name}`] : []))
    }
    const objects = [
      'cronjob/test-db-backup',
      'networkpolicy/test-db-backup',
      'pvc/test-db-backup',
      'networkpolicy/test-db',
    ]
    const left = async (): Promise<string[]> => {
      const names = await kubectl(['get', ...objects, '--ignore-not-found', '-o', 'name'])
      return names.trim().split('\n')
    }
    const before = await diff()
    expect(before.code, before.stderr).toBe(1)
    expect(going(before)).toEqual(['CronJob test-db-backup', 'NetworkPolicy test-db-backup'])
    expect(await left()).toHaveLength(objects.length)
    const applied = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '90s'], options)
    expect(applied.code, applied.stderr).toBe(0)
    expect(await left()).toEqual(['persistentvolumeclaim/test-db-backup', 'networkpolicy.networking.k8s.io/test-db'])
    expect((await diff()).code).toBe(0)
    await apply()
    expect(await dump('again')).toContain('backup: 2 kept')
  })
})
