/** Standbys of a database that takes encrypted connections only: they replicate encrypted, also where it is switched on later. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { certificateSecret } from '../cluster/certificate-secret.ts'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { REPLICATION_MAJOR } from '../postgres/programs-under-test.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest, password, query } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'tls-standby')

const STANDBY = 'test-db-standby-1'
const PLAIN = `${labManifest({ 'postgres:14': `postgres:${REPLICATION_MAJOR}`, 'replicas: 1': 'replicas: 2' })}  parameters:\n    log_connections: "on"\n`

const apply = (manifest: string): Promise<CommandResult> =>
  cli(['apply', '-f', '-', '-n', namespace, '-v', '--timeout', '150s'], { kubeconfig, stdin: manifest })

describe.runIf(REPLICATION_MAJOR)('TLS with a standby', () => {
  beforeAll(async () => {
    await installDefinition(cluster)
    const authority = createCertificateAuthority('authority of the test')
    const hosts = [`test-db.${namespace}.svc.cluster.local`]
    const body = certificateSecret(
      'test-db-tls',
      authority,
      issueCertificate(authority, { commonName: 'test-db', hosts }),
    )
    expect((await cluster.request('POST', `/api/v1/namespaces/${namespace}/secrets`, { body })).status).toBe(201)
    const { code, stderr } = await apply(PLAIN)
    expect(code, stderr).toBe(0)
  }, 180_000)

  test('is switched on for both, and rows go encrypted from one to the other', async () => {
    const login = { password: await password(cluster, namespace) }
    const { code, stderr } = await apply(`${PLAIN}  tls:\n    secretName: test-db-tls\n`)
    expect(code, stderr).toBe(0)
    await query(cluster, namespace, `create table words as select 'encrypted' as word`, login)
    await vi.waitFor(
      async () => {
        const rows = await query(cluster, namespace, 'select word from words', { ...login, pod: STANDBY })
        expect(rows).toEqual([{ word: 'encrypted' }])
      },
      { timeout: 60_000, interval: 250 },
    )
    const { stdout } = await cluster.kubectl(['-n', namespace, 'logs', 'test-db-0', '-c', 'postgres'])
    const replications = stdout.split('\n').filter((line) => line.includes('replication connection authorized'))
    expect(replications.length).toBeGreaterThan(0)
    expect(replications.filter((line) => !line.includes('SSL enabled (protocol=TLSv1.3'))).toEqual([])
  }, 180_000)
})
