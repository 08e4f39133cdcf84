/** A StatefulSet that somebody wrote by hand is taken over with its data and its password. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, query, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const PASSWORD = 'chosen-by-hand-years-ago'

beforeAll(() => installDefinition(cluster))

/** What tutorials show: the official image's variables, its superuser as the application's role, labels of their own. */
function handWritten(dataDirectory: string): string {
  const script = `
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" >"$PGRUN/password"
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$PGRUN/password" --auth-local=trust --auth-host=scram-sha-256 --no-sync
  echo "CREATE DATABASE $POSTGRES_DB;" | postgres --single -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" -c listen_addresses="$PGLISTEN" -c port="$PGPORT" -c unix_socket_directories="$PGRUN"
`
  const objects = [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, stringData: { password: PASSWORD } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'test-db' },
      spec: { clusterIP: 'None', selector: { app: 'test-db' }, ports: [{ port: 5432 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'test-db', labels: { app: 'test-db' } },
      spec: {
        serviceName: 'test-db',
        selector: { matchLabels: { app: 'test-db' } },
        template: {
          metadata: { labels: { app: 'test-db' } },
          spec: {
            securityContext: { runAsUser: 999, fsGroup: 999 },
            containers: [
              {
                name: 'db',
                image: 'postgres:14',
                command: ['bash', '-euc', script],
                env: [
                  { name: 'POSTGRES_USER', value: 'admin' },
                  { name: 'POSTGRES_DB', value: 'mydb' },
                  { name: 'POSTGRES_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
                  { name: 'PGDATA', value: dataDirectory },
                  { name: 'PGRUN', value: '/var/run/postgresql' },
                  { name: 'PGPORT', value: '5432' },
                  { name: 'PGLISTEN', value: '*' },
                ],
                ports: [{ containerPort: 5432 }],
                readinessProbe: { exec: { command: ['pg_isready', '-q', '-h', '127.0.0.1'] }, periodSeconds: 1 },
                volumeMounts: [
                  { name: 'pg-data', mountPath: '/var/lib/postgresql/data' },
                  { name: 'run', mountPath: '/var/run/postgresql' },
                ],
              },
            ],
            volumes: [{ name: 'run', emptyDir: {} }],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'pg-data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
  ]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
}

const manifest = (storage: string): string => `apiVersion: database.example.com/v1
kind: Database
metadata:
  name: test-db
spec:
  image: postgres:14
  databaseName: mydb
  username: admin
  credentials: { existingSecret: { name: db } }
  storage: { ${storage} }
`
const LEGACY = manifest('size: 1Gi, layout: legacy, claimTemplate: pg-data')

async function start(dataDirectory: string): Promise<string> {
  const namespace = await createNamespace(cluster, 'adoption')
  const applied = await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: handWritten(dataDirectory) })
  expect(applied.code, applied.stderr).toBe(0)
  const ready = await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'sts/test-db', '--timeout=60s'])
  expect(ready.code, ready.stderr).toBe(0)
  return namespace
}

const run = (namespace: string, command: string, text: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli([command, '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: text })
const writes = async (namespace: string): Promise<number> => (await storedWrites(cluster, namespace)).length

describe('a StatefulSet that was written by hand', () => {
  test('is taken over on a yes, and rows, claim and password are what they were', async () => {
    const namespace = await start('/var/lib/postgresql/data/pgdata')
    const login = { password: PASSWORD }
    await query(cluster, namespace, "create table kept as select 'still here' as word", login)
    const claim = await field(cluster, namespace, '.metadata.uid', 'pvc/pg-data-test-db-0')
    const pod = await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')

    const refused = await run(namespace, 'apply', LEGACY)
    expect(refused.stderr).toContain('NotOurs')
    expect(refused.code).toBe(5)
    const shown = await run(namespace, 'diff', LEGACY, '--take-over')
    expect(shown.stdout).toMatch(/± replace +StatefulSet \S+\/test-db +restart/)
    expect(shown.stdout).toContain('its pods are taken over, then restart')
    expect(await writes(namespace)).toBe(0)
    expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).toBe(pod)

    const { code, stdout, stderr } = await run(namespace, 'apply', LEGACY, '--take-over', '--yes', '--timeout', '90s')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('1 replaced')
    expect(await query(cluster, namespace, 'select word from kept', login)).toEqual([{ word: 'still here' }])
    expect(await field(cluster, namespace, '.metadata.uid', 'pvc/pg-data-test-db-0')).toBe(claim)
    // Not we stopped the pod, but the rollout of the new template, after it was adopted.
    const deleted = (await storedWrites(cluster, namespace)).filter(({ verb }) => verb === 'delete')
    expect(deleted.map(({ objectRef }) => objectRef?.resource)).toEqual(['statefulsets'])
    expect((await run(namespace, 'apply', LEGACY)).stdout).toContain('no changes')
  })

  test('grows afterwards like any other', async () => {
    const namespace = await start('/var/lib/postgresql/data/pgdata')
    expect((await run(namespace, 'apply', LEGACY, '--take-over', '--yes', '--timeout', '90s')).code).toBe(0)
    const pod = await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')
    const { code, stderr } = await run(namespace, 'apply', LEGACY.replace('1Gi', '2Gi'), '--timeout', '90s')
    expect(code, stderr).toBe(0)
    expect(await field(cluster, namespace, '.status.capacity.storage', 'pvc/pg-data-test-db-0')).toBe('2Gi')
    expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).toBe(pod)
  })

  test.each([
    ['data in another directory', 'size: 1Gi', 'set storage.layout to legacy and storage.claimTemplate to pg-data'],
    ['a claim of another name', 'size: 1Gi, layout: legacy', 'set storage.layout to legacy'],
    ['a larger volume', 'size: 2Gi, layout: legacy, claimTemplate: pg-data', 'set storage.size to 1Gi'],
    ['a smaller volume', 'size: 512Mi, layout: legacy, claimTemplate: pg-data', 'keep the size at 1Gi'],
  ])('is left alone where the manifest says %s', async (_title, storage, wayOut) => {
    const namespace = await start('/var/lib/postgresql/data/pgdata')
    const pod = await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')
    const { code, stderr } = await run(namespace, 'apply', manifest(storage), '--take-over', '--yes')
    expect(stderr).toContain(wayOut)
    expect(code).toBe(1)
    expect(await writes(namespace)).toBe(0)
    expect(await field(cluster, namespace, '.metadata.uid', 'pod/test-db-0')).toBe(pod)
  })
})
