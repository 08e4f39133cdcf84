/** The main job, end to end: the lab's manifest, through the command line, on real programs. */
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, password, query, storedWrites, writtenPhases } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'lab', {
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
})
const apply = (manifest = labManifest()): ReturnType<typeof cli> =>
  cli(['apply', '-f', '-', '-n', namespace, '--timeout', '90s'], { kubeconfig, stdin: manifest })

beforeAll(() => installDefinition(cluster))

describe('the lab manifest', () => {
  test('reaches Ready in one command and says so', async () => {
    const { code, stdout, stderr } = await apply()
    expect(stderr).toContain('STATE TRANSITION: Pending -> Provisioning')
    expect(stdout).toContain(
      `ready: Database ${namespace}/test-db · test-db.${namespace}.svc.cluster.local:5432 · Secret test-db-credentials`,
    )
    expect(code).toBe(0)
  })

  test('shows every phase to a watcher, in order', async () => {
    expect(await writtenPhases(cluster, namespace)).toEqual([
      'Pending',
      'Provisioning',
      'Configuring',
      'Deploying',
      'Verifying',
      'Ready',
    ])
  })

  test('shows its columns to kubectl', async () => {
    const { stdout } = await cluster.kubectl(['-n', namespace, 'get', 'db', '-o', 'wide'])
    expect(stdout.split('\n')[0]).toMatch(/^NAME\s+PHASE\s+READY\s+REPLICAS\s+ENDPOINT\s+AGE$/)
    expect(stdout.split('\n')[1]).toMatch(/^test-db\s+Ready\s+true\s+1\s+test-db\.\S+:5432\s+\d+s$/)
  })

  test('holds the truth in its status', async () => {
    const { body } = await cluster.request(
      'GET',
      `/apis/database.example.com/v1/namespaces/${namespace}/databases/test-db`,
    )
    const { metadata, status } = body as { metadata: { generation: number }; status: Record<string, unknown> }
    expect(status).toMatchObject({
      phase: 'Ready',
      ready: true,
      endpoint: `test-db.${namespace}.svc.cluster.local:5432`,
      secretName: 'test-db-credentials',
      observedGeneration: metadata.generation,
      replicas: 1,
      readyReplicas: 1,
    })
    const conditions = status['conditions'] as {
      type: string
      status: string
      reason: string
      observedGeneration: number
    }[]
    expect(
      Object.fromEntries(conditions.map(({ type, status: value, reason }) => [type, `${value} ${reason}`])),
    ).toEqual({
      Ready: 'True AllChecksPassed',
      Progressing: 'False ReconciliationComplete',
      Available: 'True LoginSucceeded',
      Degraded: 'False AsExpected',
      Failed: 'False NoFailure',
    })
    expect(conditions.every(({ observedGeneration }) => observedGeneration === metadata.generation)).toBe(true)
  })

  test('lets the application role log in, which is not a superuser and owns its database', async () => {
    const [row] = await query(
      cluster,
      namespace,
      `select current_user as role, current_database() as database,
        (select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls from pg_roles where rolname = current_user) as powerful,
        (select pg_get_userbyid(datdba) from pg_database where datname = current_database()) as owner`,
      { password: await password(cluster, namespace) },
    )
    expect(row).toEqual({ role: 'admin', database: 'mydb', powerful: false, owner: 'admin' })
  })

  test('keeps everybody else out', async () => {
    await expect(query(cluster, namespace, 'select 1', { password: 'wrong' })).rejects.toThrow(
      'password authentication failed',
    )
    await expect(query(cluster, namespace, 'select 1', { password: 'any', user: 'postgres' })).rejects.toThrow(
      'password authentication failed',
    )
  })

  test('costs no write when nothing changed, counted by the API server', async () => {
    // The pod and the Secret are as young as the status in the first second; afterwards no login is due either.
    const before = (await storedWrites(cluster, namespace)).length
    const { code, stdout } = await apply()
    expect(stdout).toContain('no changes · 10 unchanged')
    expect(stdout).toContain('0 write ·')
    expect(code).toBe(0)
    expect((await storedWrites(cluster, namespace)).slice(before)).toEqual([])
  })

  test('rolls a changed setting out through Updating and Verifying', async () => {
    const manifest = `${labManifest()}  parameters:\n    work_mem: 9MB\n`
    const difference = await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: manifest })
    expect(difference.stdout).toContain("+ work_mem = '9MB'")
    expect(difference.code).toBe(1)
    const { code } = await apply(manifest)
    expect(code).toBe(0)
    expect((await writtenPhases(cluster, namespace)).slice(-3)).toEqual(['Updating', 'Verifying', 'Ready'])
    const [row] = await query(cluster, namespace, 'show work_mem', { password: await password(cluster, namespace) })
    expect(row).toEqual({ work_mem: '9MB' })
  })

  test('is watched by status until somebody interrupts', async () => {
    const watched = await cli(['status', 'test-db', '-n', namespace, '--watch'], {
      kubeconfig,
      onStart: (child) => {
        child.stdout?.on('data', (text: Buffer) => {
          if (text.includes('Secret test-db-credentials')) child.kill('SIGINT')
        })
      },
    })
    expect(watched.stdout).toMatch(/Database \S+\/test-db\s+Current\s+Ready/)
    expect(watched.code).toBe(130)
  })

  test('brings data and password back after delete and apply', async () => {
    const first = await password(cluster, namespace)
    await query(cluster, namespace, "create table kept as select 'still here' as word", { password: first })
    const deleted = await cli(['delete', '-f', '-', '-n', namespace], { kubeconfig, stdin: labManifest() })
    expect(deleted.stdout).toMatch(/= keep\s+PersistentVolumeClaim/)
    expect(deleted.code).toBe(0)
    const left = await cluster.kubectl(['-n', namespace, 'get', 'db,statefulset,pod,service,pvc,secret', '-o', 'name'])
    expect(left.stdout.trim().split('\n')).toEqual([
      'persistentvolumeclaim/data-test-db-0',
      'secret/test-db-credentials',
    ])
    const { code } = await apply()
    expect(code).toBe(0)
    expect(await password(cluster, namespace)).toBe(first)
    expect(await query(cluster, namespace, 'select word from kept', { password: first })).toEqual([
      { word: 'still here' },
    ])
    expect(await field(cluster, namespace, '.status.phase')).toBe('Ready')
  })
})
