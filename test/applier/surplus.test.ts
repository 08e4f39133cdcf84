/** Children that leave the spec: what diff says about them, and what apply does. */
import { describe, expect, test } from 'vitest'
import { formatReference } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { runDiff } from '../../src/applier/diff.ts'
import { runApply } from '../../src/applier/run.ts'
import { KindNotServedError } from '../../src/cluster/errors.ts'
import { ReviewedPlan } from '../../src/applier/planning/reviewed-plan.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import { formatStoredPlan, parseStoredPlan } from '../../src/plan/stored-plan.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { manifest, options, Recorder, setOf, SURPLUS_OF_ORDERS } from './fake-run.ts'

const EVERYTHING = `${manifest}  replicas: 3
  backup: { schedule: "0 3 * * *", storage: { size: 1Gi } }
  monitoring: {}
`

/** A cluster with a database of three, with dumps and monitoring. */
async function clusterWithEverything(): Promise<FakeCluster> {
  const cluster = new FakeCluster()
  await runApply(cluster, await setOf(cluster, EVERYTHING), options, new Recorder())
  return cluster
}

async function changesOf(cluster: FakeCluster, text = manifest): Promise<readonly PlannedChange[]> {
  const reporter = new Recorder()
  await runDiff(cluster, await setOf(cluster, text), options, reporter)
  return reporter.of('planned')[0]?.changes ?? []
}

async function actions(cluster: FakeCluster, action: PlannedChange['action'], text = manifest): Promise<string[]> {
  const changes = (await changesOf(cluster, text)).filter((change) => change.action === action)
  return changes.map(({ object }) => formatReference(object)).toSorted()
}

const apply = async (cluster: FakeCluster, text = manifest): Promise<number> =>
  runApply(cluster, await setOf(cluster, text), options, new Recorder())

const deleted = (cluster: FakeCluster): string[] =>
  cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference }) => reference)

/** Changes the metadata of an object as somebody else would. */
function touch(cluster: FakeCluster, key: string, metadata: Partial<KubernetesObject['metadata']>): void {
  const live = cluster.objects.get(key)
  if (live === undefined) throw new Error(`no ${key}`)
  cluster.objects.set(key, { ...live, metadata: { ...live.metadata, ...metadata } })
}

describe('what leaves the spec', () => {
  test('is listed by diff before it goes, with the reason, and diff deletes nothing', async () => {
    const cluster = await clusterWithEverything()
    expect(await actions(cluster, 'delete', EVERYTHING)).toEqual([])
    expect(await actions(cluster, 'delete')).toEqual(SURPLUS_OF_ORDERS)
    const changes = await changesOf(cluster)
    const notes = new Set(changes.filter(({ action }) => action === 'delete').map(({ note }) => note))
    expect([...notes]).toEqual(['the spec no longer asks for it', 'the spec no longer asks for it; its volumes stay'])
    expect(deleted(cluster)).toEqual([])
  })

  test('makes diff end with 1, also where nothing else differs', async () => {
    const cluster = await clusterWithEverything()
    await apply(cluster)
    const budget = 'policy/v1 PodDisruptionBudget shop/orders'
    expect(await actions(cluster, 'delete')).toEqual([])
    const [owner] = cluster.objects.get('v1 Service shop/orders')?.metadata.ownerReferences ?? []
    const labels = { 'app.kubernetes.io/instance': 'orders', 'app.kubernetes.io/managed-by': 'cdk8s-database' }
    const managedFields = [{ manager: 'cdk8s-database', operation: 'Apply' }]
    const metadata = { name: 'orders', namespace: 'shop', labels, managedFields }
    cluster.add({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...metadata, ...(owner === undefined ? {} : { ownerReferences: [owner] }) },
    })
    expect(await actions(cluster, 'delete')).toEqual([budget])
    expect(await runDiff(cluster, await setOf(cluster), options, new Recorder())).toBe(1)
    await apply(cluster)
    expect(cluster.objects.has(budget)).toBe(false)
  })

  test('is deleted by apply, and what holds data or a password stays', async () => {
    const cluster = await clusterWithEverything()
    expect(await apply(cluster)).toBe(0)
    expect(deleted(cluster).toSorted()).toEqual(SURPLUS_OF_ORDERS)
    for (const kept of ['PersistentVolumeClaim shop/orders-backup', 'Secret shop/orders-credentials'])
      expect(cluster.objects.has(`v1 ${kept}`), kept).toBe(true)
    expect(await actions(cluster, 'delete')).toEqual([])
  })

  test('goes part by part', async () => {
    const cluster = await clusterWithEverything()
    const parts = EVERYTHING.replace('monitoring: {}', 'monitoring: { podMonitor: false, dashboard: false }')
    await apply(cluster, parts)
    expect(deleted(cluster).toSorted()).toEqual([
      'monitoring.coreos.com/v1 PodMonitor shop/orders',
      'v1 ConfigMap shop/orders-dashboard',
    ])
  })

  test('goes before the exporter: a run that ends in between has left what the next one finds it by', async () => {
    const cluster = await clusterWithEverything()
    const key = 'delete PrometheusRule orders'
    const rule = cluster.objects.get('monitoring.coreos.com/v1 PrometheusRule shop/orders')
    if (rule === undefined) throw new Error('no rule')
    cluster.failures.set(key, refusal(422, 'Invalid', rule))
    expect(await apply(cluster)).toBe(1)
    cluster.failures.delete(key)
    expect(await actions(cluster, 'delete')).toContain('monitoring.coreos.com/v1 PrometheusRule shop/orders')
    expect(await apply(cluster)).toBe(0)
    expect(await actions(cluster, 'delete')).toEqual([])
    expect(cluster.objects.has('monitoring.coreos.com/v1 PrometheusRule shop/orders')).toBe(false)
  })

  test('that may not be deleted is told before anything is written', async () => {
    const cluster = await clusterWithEverything()
    const cronJob = cluster.objects.get('batch/v1 CronJob shop/orders-backup')
    if (cronJob === undefined) throw new Error('no CronJob')
    cluster.failures.set('delete CronJob orders-backup', refusal(403, 'Forbidden', cronJob))
    const [before, reporter] = [cluster.writes.length, new Recorder()]
    expect(await runApply(cluster, await setOf(cluster), options, reporter)).toBe(1)
    expect(reporter.of('failed').map(({ message }) => message)).toEqual([
      'you may not delete CronJob shop/orders-backup, which the spec no longer asks for',
    ])
    expect(cluster.writes).toHaveLength(before)
  })

  test('is no error where its kind is not served, or may not be read', async () => {
    const cluster = await clusterWithEverything()
    for (const kind of ['PodMonitor', 'PrometheusRule']) {
      cluster.failures.set(`get ${kind} orders`, new KindNotServedError('monitoring.coreos.com/v1', kind))
      cluster.failures.set(`list ${kind} `, new KindNotServedError('monitoring.coreos.com/v1', kind))
    }
    const cronJob = cluster.objects.get('batch/v1 CronJob shop/orders-backup')
    if (cronJob === undefined) throw new Error('no CronJob')
    cluster.failures.set('get CronJob orders-backup', refusal(403, 'Forbidden', cronJob))
    expect(await apply(cluster)).toBe(0)
    expect(deleted(cluster)).toHaveLength(SURPLUS_OF_ORDERS.length - 3)
  })
})

describe('what left the specs of a fleet', () => {
  const NAMES = Array.from({ length: 12 }, (_, index) => `orders-${index}`)
  const fleet = (text: string): string =>
    NAMES.map((name) => text.replace('name: orders,', `name: ${name},`)).join('---\n')

  /** Requests for CronJobs that a diff makes. */
  async function requestsFor(cluster: FakeCluster): Promise<string[]> {
    const requests: string[] = []
    const [get, listEach] = [cluster.get.bind(cluster), cluster.listEach.bind(cluster)]
    cluster.get = (reference) => {
      if (reference.kind === 'CronJob') requests.push(`get ${reference.name}`)
      return get(reference)
    }
    cluster.listEach = (query, onObject, part) => {
      if (query.kind === 'CronJob') requests.push('list')
      return listEach(query, onObject, part)
    }
    const reporter = new Recorder()
    await runDiff(cluster, await setOf(cluster, fleet(manifest)), options, reporter)
    const deletions = (reporter.of('planned')[0]?.changes ?? []).filter(({ action }) => action === 'delete')
    return [...requests, `${deletions.length} deletions`]
  }

  test('is found in one list for each kind, and asked for one by one by nobody', async () => {
    const cluster = new FakeCluster()
    await apply(cluster, fleet(EVERYTHING))
    expect(await requestsFor(cluster)).toEqual(['list', `${NAMES.length * SURPLUS_OF_ORDERS.length} deletions`])
    const cronJob = [...cluster.objects.values()].find(({ kind }) => kind === 'CronJob')
    if (cronJob === undefined) throw new Error('no CronJob')
    const unlisted = new FakeCluster()
    await apply(unlisted, fleet(manifest))
    unlisted.failures.set('list CronJob ', refusal(403, 'Forbidden', cronJob))
    expect(await requestsFor(unlisted)).toEqual(['list', '0 deletions'])
  })
})

describe('a reviewed plan', () => {
  /** Applies what a diff has said, after something was done to the cluster. */
  async function applyReviewed(cluster: FakeCluster, meanwhile: () => void = () => undefined): Promise<number> {
    const reporter = new Recorder()
    const details = { documents: false, hashes: true }
    await runDiff(cluster, await setOf(cluster), { ...options, details }, reporter)
    const changes = reporter.of('planned')[0]?.changes ?? []
    meanwhile()
    const facts = { programVersion: '0', context: '', server: '', namespace: 'shop', source: 'orders.yaml' }
    const asked = { force: false, recreate: false, takeOver: false, prune: false }
    const createdAt = '2026-11-21T12:00:00Z'
    const text = formatStoredPlan({ ...facts, createdAt, options: asked, changes })
    const reviewed = new ReviewedPlan(parseStoredPlan(text, 'plan.json'), 'plan.json')
    return runApply(cluster, await setOf(cluster), { ...options, reviewed }, new Recorder())
  }

  test('deletes what it has announced', async () => {
    const cluster = await clusterWithEverything()
    expect(await applyReviewed(cluster)).toBe(0)
    expect(deleted(cluster).toSorted()).toEqual(SURPLUS_OF_ORDERS)
  })

  test('deletes nothing that was made again since', async () => {
    const cluster = await clusterWithEverything()
    const key = 'batch/v1 CronJob shop/orders-backup'
    expect(await applyReviewed(cluster, () => touch(cluster, key, { uid: 'another' }))).toBe(0)
    expect(deleted(cluster).toSorted()).toEqual(SURPLUS_OF_ORDERS.filter((going) => going !== key))
  })
})

test('what one database may have left over is not what another one of a like name consists of', async () => {
  const cluster = new FakeCluster()
  const named = ['orders', 'orders-ro', 'orders-standby', 'orders-backup', 'another', 'the-third']
  const text = named.map((name) => manifest.replace('name: orders,', `name: ${name},`)).join('---\n')
  expect(await apply(cluster, text)).toBe(0)
  expect(await actions(cluster, 'delete', text)).toEqual([])
  expect(await apply(cluster, text)).toBe(0)
  expect(deleted(cluster)).toEqual([])
})

describe('what left the spec stays', () => {
  const CRON_JOB = 'batch/v1 CronJob shop/orders-backup'

  test.each([
    ['somebody protects it', { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } }, 'annotated'],
    [
      'another tool keeps it',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:batch/CronJob:shop/orders-backup' } },
      'it is managed by Argo CD',
    ],
    ['no field of it is ours', { managedFields: [{ manager: 'kubectl', operation: 'Apply' }] }, 'no field of it'],
  ])('where %s, and diff says so', async (_, metadata, note) => {
    const cluster = await clusterWithEverything()
    touch(cluster, CRON_JOB, metadata)
    const change = (await changesOf(cluster)).find(({ object }) => formatReference(object) === CRON_JOB)
    expect(change).toMatchObject({ action: 'keep', note: expect.stringContaining(note) })
    expect(await apply(cluster)).toBe(0)
    expect(cluster.objects.has(CRON_JOB)).toBe(true)
    expect(deleted(cluster)).not.toContain(CRON_JOB)
  })

  test('where it may not be read, and diff says so where the spec asked for it before', async () => {
    const cluster = await clusterWithEverything()
    const cronJob = cluster.objects.get(CRON_JOB)
    if (cronJob === undefined) throw new Error('no CronJob')
    cluster.failures.set('get CronJob orders-backup', refusal(403, 'Forbidden', cronJob))
    const found = (): Promise<PlannedChange | undefined> =>
      changesOf(cluster).then((changes) => changes.find(({ object }) => formatReference(object) === CRON_JOB))
    expect(await found()).toMatchObject({ action: 'keep', note: expect.stringContaining('you may not read it') })
    expect(await apply(cluster)).toBe(0)
    expect(await found()).toBeUndefined()
  })

  test.each([
    ['carries no label of this database', { labels: {} }],
    [
      'is controlled by something else',
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Thing', name: 'x', uid: 'x', controller: true }] },
    ],
  ])('without a word where it %s', async (_, metadata) => {
    const cluster = await clusterWithEverything()
    touch(cluster, CRON_JOB, metadata)
    expect((await changesOf(cluster)).map(({ object }) => formatReference(object))).not.toContain(CRON_JOB)
    await apply(cluster)
    expect(cluster.objects.has(CRON_JOB)).toBe(true)
  })

  test('where somebody protects it after it was planned', async () => {
    const cluster = await clusterWithEverything()
    const remove = cluster.delete.bind(cluster)
    let isProtected = false
    cluster.delete = (reference, uid, resourceVersion, deletion) => {
      if (reference.kind === 'CronJob' && !isProtected && deletion?.dryRun !== true) {
        isProtected = true
        touch(cluster, CRON_JOB, { annotations: { 'database.example.com/prune': 'disabled' }, resourceVersion: '99' })
      }
      return remove(reference, uid, resourceVersion, deletion)
    }
    expect(await apply(cluster)).toBe(0)
    expect(isProtected).toBe(true)
    expect(cluster.objects.has(CRON_JOB)).toBe(true)
  })

  test('where the manifests hold it all the same', async () => {
    const cluster = await clusterWithEverything()
    const set = await setOf(cluster, EVERYTHING)
    const bare = await setOf(cluster)
    const cronJob = set.databases[0]?.children.find(({ reference }) => reference.kind === 'CronJob')
    const databases = bare.databases.map((item) => ({
      ...item,
      children: [...item.children, cronJob].filter((child) => child !== undefined),
    }))
    await runApply(cluster, { ...bare, databases }, options, new Recorder())
    expect(deleted(cluster)).not.toContain(CRON_JOB)
    expect(deleted(cluster)).toHaveLength(SURPLUS_OF_ORDERS.length - 1)
  })
})
