/** What `status` shows of databases with more than a primary. */
import { describe, expect, test } from 'vitest'
import { runApply } from '../../src/applier/run.ts'
import { databaseTrees } from '../../src/applier/tree.ts'
import type { TreeNode } from '../../src/applier/tree-node.ts'
import { KindNotServedError } from '../../src/cluster/errors.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { manifest, options, Recorder, setOf } from './fake-run.ts'

const EVERYTHING = `${manifest}  replicas: 3
  backup: { schedule: "0 3 * * *", storage: { size: 1Gi } }
  monitoring: {}
`

async function clusterWith(text: string): Promise<FakeCluster> {
  const cluster = new FakeCluster()
  await runApply(cluster, await setOf(cluster, text), options, new Recorder())
  const pod = (name: string, component: string): void => {
    const labels = {
      'app.kubernetes.io/name': 'postgresql',
      'app.kubernetes.io/instance': 'orders',
      'app.kubernetes.io/component': component,
    }
    cluster.add({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', labels } })
  }
  pod('orders-0', 'database')
  pod('orders-standby-1', 'standby')
  return cluster
}

/** One line for each object, with what it hangs from. */
function linesOf(nodes: readonly TreeNode[], above = ''): string[] {
  return nodes.flatMap(({ kind, name, children }) => {
    const line = `${above}${kind} ${name}`
    return [line, ...linesOf(children, `${line} > `)]
  })
}

async function nodesOf(cluster: FakeCluster): Promise<readonly TreeNode[]> {
  const [tree] = await databaseTrees(cluster, 'shop', undefined)
  return tree?.children ?? []
}

const statusIn = async (cluster: FakeCluster, kind: string, name: string): Promise<TreeNode['status'] | undefined> =>
  (await nodesOf(cluster)).find((node) => node.kind === kind && node.name === name)?.status

/** Changes an object as a controller of the cluster would. */
function report(cluster: FakeCluster, key: string, fields: object): void {
  const live = cluster.objects.get(key)
  if (live === undefined) throw new Error(`no ${key}`)
  cluster.objects.set(key, { ...live, ...fields })
}

describe('the tree of a database', () => {
  test('shows standbys with their pods, dumps with their volume, and what watches it', async () => {
    expect(linesOf(await nodesOf(await clusterWith(EVERYTHING)))).toEqual([
      'StatefulSet orders',
      'StatefulSet orders > Pod orders-0',
      'StatefulSet orders-standby',
      'StatefulSet orders-standby > Pod orders-standby-1',
      'Service orders',
      'Service orders-pods',
      'ConfigMap orders-config',
      'NetworkPolicy orders',
      'Secret orders-credentials',
      'PodDisruptionBudget orders',
      'Service orders-ro',
      'CronJob orders-backup',
      'CronJob orders-backup > NetworkPolicy orders-backup',
      'CronJob orders-backup > PersistentVolumeClaim orders-backup',
      'PodMonitor orders',
      'PrometheusRule orders',
      'ConfigMap orders-dashboard',
    ])
  })

  test('reads and shows nothing that its spec does not ask for', async () => {
    const cluster = await clusterWith(manifest)
    cluster.failures.set('get CronJob orders-backup', new Error('asked'))
    cluster.failures.set('get PodMonitor orders', new Error('asked'))
    expect(linesOf(await nodesOf(cluster))).toHaveLength(8)
  })

  test('does not take one primary and two standbys for three primaries that somebody scaled away', async () => {
    const cluster = await clusterWith(EVERYTHING)
    const message = (name: string): Promise<string | undefined> =>
      statusIn(cluster, 'StatefulSet', name).then((status) => status?.message)
    expect(await message('orders')).not.toContain('scaled to')
    report(cluster, 'apps/v1 StatefulSet shop/orders-standby', { spec: { replicas: 1 } })
    expect(await message('orders-standby')).toBe('scaled to 1, the Database asks for 2')
  })

  test('tells of the last successful backup, also where only the CronJob knows of it', async () => {
    const cluster = await clusterWith(EVERYTHING)
    const key = 'database.example.com/v1 Database shop/orders'
    const lastBackup = (): Promise<TreeNode['status'] | undefined> => statusIn(cluster, 'CronJob', 'orders-backup')
    expect(await lastBackup()).toMatchObject({ word: 'Current', message: 'no successful backup yet' })
    report(cluster, key, { status: { lastSuccessfulBackup: '2026-11-20T03:00:09Z' } })
    expect(await lastBackup()).toMatchObject({ message: 'last successful backup 2026-11-20T03:00:09Z' })
    const lastSuccessfulTime = '2026-11-21T03:00:11Z'
    report(cluster, 'batch/v1 CronJob shop/orders-backup', { status: { lastSuccessfulTime } })
    expect(await lastBackup()).toMatchObject({ message: `last successful backup ${lastSuccessfulTime}` })
    const failed = { type: 'BackupHealthy', status: 'False', reason: 'BackupFailed', message: 'Job x failed.' }
    report(cluster, key, { status: { conditions: [failed] } })
    expect(await lastBackup()).toMatchObject({
      word: 'Current',
      message: `last successful backup ${lastSuccessfulTime}; Job x failed.`,
    })
  })

  test('says why it cannot tell of an object: a kind that is not served, a right that is missing', async () => {
    const cluster = await clusterWith(EVERYTHING)
    cluster.failures.set('get PodMonitor orders', new KindNotServedError('monitoring.coreos.com/v1', 'PodMonitor'))
    const rule = cluster.objects.get('monitoring.coreos.com/v1 PrometheusRule shop/orders')
    if (rule === undefined) throw new Error('no rule')
    cluster.failures.set('get PrometheusRule orders', refusal(403, 'Forbidden', rule))
    const unserved = { word: 'Unknown', message: 'the cluster does not serve its kind' }
    expect(await statusIn(cluster, 'PodMonitor', 'orders')).toMatchObject(unserved)
    const unread = { word: 'Unknown', message: 'you may not read it' }
    expect(await statusIn(cluster, 'PrometheusRule', 'orders')).toMatchObject(unread)
  })

  test('does not wait for the volume of dumps, which may be bound by the first of them', async () => {
    const cluster = await clusterWith(EVERYTHING)
    const cronJob = (await nodesOf(cluster)).find(({ kind }) => kind === 'CronJob')
    const claim = cronJob?.children.find(({ kind }) => kind === 'PersistentVolumeClaim')
    expect(claim?.status.word).toBe('Current')
  })
})
