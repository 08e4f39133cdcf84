import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import { runDiff } from '../../src/applier/diff.ts'
import { runDelete } from '../../src/applier/deletion.ts'
import { runApply } from '../../src/applier/run.ts'
import { databaseCrd } from '../../src/api/crd.ts'
import { FakeCluster, refusal } from './fake-cluster.ts'
import { manifest, options, Recorder, setOf } from './fake-run.ts'

describe('apply', () => {
  test('writes nothing at all when one object is refused', async () => {
    const cluster = new FakeCluster()
    const set = await setOf(cluster)
    const child = set.databases[0]?.children.find(({ reference }) => reference.kind === 'StatefulSet')
    if (child === undefined) throw new Error('no StatefulSet')
    cluster.failures.set('dry-run StatefulSet orders', refusal(403, 'Forbidden', child.object))
    const reporter = new Recorder()
    expect(await runApply(cluster, set, options, reporter)).toBe(1)
    expect(cluster.writes).toEqual([])
    expect(reporter.of('failed').map(({ subject, reason }) => `${subject} ${reason}`)).toEqual([
      'StatefulSet shop/orders Forbidden',
    ])
  })

  test('ends with exit code 3 where another manager owns a field, and names both', async () => {
    const cluster = new FakeCluster()
    const set = await setOf(cluster)
    const child = set.databases[0]?.children.find(({ reference }) => reference.kind === 'StatefulSet')
    if (child === undefined) throw new Error('no StatefulSet')
    cluster.failures.set(
      'dry-run StatefulSet orders',
      refusal(409, 'Conflict', child.object, [
        { reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "kubectl" using apps/v1' },
      ]),
    )
    const reporter = new Recorder()
    expect(await runApply(cluster, set, options, reporter)).toBe(3)
    expect(reporter.of('failed')[0]).toMatchObject({
      reason: 'FieldManagerConflict',
      message: 'StatefulSet shop/orders: spec.replicas (owned by kubectl)',
      remedy: expect.stringContaining('--force-conflicts'),
    })
    expect(cluster.writes).toEqual([])
  })

  test('takes a tag that moves, and says so, as does diff; of one that does not nothing is said', async () => {
    const pinned = manifest.replace('postgres:16', 'postgres:16.4-bookworm')
    const warnings = async (run: typeof runApply | typeof runDiff, text: string): Promise<string[]> => {
      const [cluster, reporter] = [new FakeCluster(), new Recorder()]
      expect(await run(cluster, await setOf(cluster, text), options, reporter)).toBe(run === runApply ? 0 : 1)
      return reporter.of('warning').map(({ message }) => message)
    }
    const moves = [expect.stringMatching(/^Database shop\/orders: postgres:16 moves: /)]
    expect(await warnings(runApply, manifest)).toEqual(moves)
    expect(await warnings(runDiff, manifest)).toEqual(moves)
    expect(await warnings(runApply, pinned)).toEqual([])
  })

  test('asks for every right of the phases before the first write', async () => {
    const cluster = new FakeCluster()
    cluster.denied.push({ verb: 'patch', group: 'database.example.com', resource: 'databases', subresource: 'status' })
    const reporter = new Recorder()
    expect(await runApply(cluster, await setOf(cluster), options, reporter)).toBe(1)
    expect(reporter.of('failed')[0]?.message).toContain('you may not patch databases/status')
    expect(cluster.writes).toEqual([])
  })

  test('creates the Secret with its password in one request, before the StatefulSet and after nothing that runs', async () => {
    const cluster = new FakeCluster()
    expect(await runApply(cluster, await setOf(cluster), options, new Recorder())).toBe(0)
    const order = cluster.writes
      .filter(({ manager }) => manager !== 'cdk8s-database-status')
      .map(({ verb, reference }) => `${verb} ${reference}`)
    expect(order.slice(0, 2)).toEqual([
      'apply database.example.com/v1 Database shop/orders',
      'create v1 Secret shop/orders-credentials',
    ])
    expect(order.indexOf('apply networking.k8s.io/v1 NetworkPolicy shop/orders')).toBeLessThan(
      order.indexOf('apply apps/v1 StatefulSet shop/orders'),
    )
    const secret = cluster.objects.get('v1 Secret shop/orders-credentials')
    expect(Object.keys(secret?.['data'] ?? {}).toSorted()).toEqual([
      'database',
      'dbname',
      'host',
      'jdbc-uri',
      'password',
      'pgpass',
      'port',
      'provider',
      'type',
      'uri',
      'username',
    ])
    expect(secret?.metadata.ownerReferences).toBeUndefined()
  })

  test('gives every child its owner, and never the credentials', async () => {
    const cluster = new FakeCluster()
    await runApply(cluster, await setOf(cluster), options, new Recorder())
    const uid = cluster.objects.get('database.example.com/v1 Database shop/orders')?.metadata.uid
    for (const object of cluster.objects.values()) {
      if (['Database', 'Secret'].includes(object.kind)) continue
      expect(object.metadata.ownerReferences, object.kind).toEqual([
        {
          apiVersion: 'database.example.com/v1',
          kind: 'Database',
          name: 'orders',
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ])
    }
  })

  test('refuses a child that another controller owns, with exit code 5', async () => {
    const cluster = new FakeCluster()
    await runApply(cluster, await setOf(cluster), options, new Recorder())
    const key = 'v1 Service shop/orders'
    const service = cluster.objects.get(key)
    if (service === undefined) throw new Error('no Service')
    cluster.objects.set(key, {
      ...service,
      metadata: {
        ...service.metadata,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Thing', name: 'other', uid: 'other', controller: true }],
      },
    })
    const reporter = new Recorder()
    expect(await runApply(cluster, await setOf(cluster), options, reporter)).toBe(5)
    expect(reporter.of('failed')[0]?.message).toContain('it is controlled by Thing other')
  })

  test("touches nothing of the same name that is somebody else's, from the first apply on", async () => {
    const cluster = new FakeCluster()
    cluster.add({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'orders', namespace: 'shop' } })
    const reporter = new Recorder()
    expect(await runApply(cluster, await setOf(cluster), options, reporter)).toBe(5)
    expect(reporter.of('failed').map(({ subject, reason }) => `${subject} ${reason}`)).toEqual([
      'Service shop/orders NotOurs',
    ])
    expect(cluster.writes).toEqual([])
  })

  test("does not put a password into a Secret that is somebody else's", async () => {
    const cluster = new FakeCluster()
    cluster.add({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'orders-credentials', namespace: 'shop' },
      data: { foo: 'YmFy' },
    })
    expect(await runApply(cluster, await setOf(cluster), options, new Recorder())).toBe(5)
    expect(cluster.writes).toEqual([])
  })

  test('does not take a child from the Database that controls it', async () => {
    const cluster = new FakeCluster()
    const other = manifest.replace('name: orders,', 'name: orders-pods,')
    expect(await runApply(cluster, await setOf(cluster), options, new Recorder())).toBe(0)
    expect(await runApply(cluster, await setOf(cluster, other), options, new Recorder())).toBe(5)
  })

  test('never invents a password where a claim exists, and says so in the plan', async () => {
    const cluster = new FakeCluster()
    cluster.add({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: 'data-orders-0',
        namespace: 'shop',
        creationTimestamp: '2026-11-20T12:00:00Z',
        labels: { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': 'orders' },
      },
    })
    const reporter = new Recorder()
    expect(await runApply(cluster, await setOf(cluster), options, reporter)).toBe(1)
    expect(reporter.of('failed')[0]?.reason).toBe('CredentialsMissingForExistingData')
    expect(reporter.of('planned')[0]?.changes.find(({ object }) => object.kind === 'Secret')).toMatchObject({
      action: 'refused',
    })
    expect(
      cluster.writes.filter(({ reference }) => reference.includes('Secret') || reference.includes('StatefulSet')),
    ).toEqual([])
  })

  test('leaves a paused database alone but for its resource, and never calls it ready', async () => {
    const cluster = new FakeCluster()
    const reporter = new Recorder()
    const waiting = { ...options, wait: true }
    expect(await runApply(cluster, await setOf(cluster, `${manifest}  paused: true\n`), waiting, reporter)).toBe(0)
    const written = new Set(cluster.writes.map(({ verb, reference }) => `${verb} ${reference}`))
    expect([...written]).toEqual(['apply database.example.com/v1 Database shop/orders'])
    expect(reporter.of('warning').map(({ message }) => message)).toContain(
      'Database shop/orders is paused: nothing was applied or judged',
    )
    expect([...reporter.of('ready'), ...reporter.of('waiting'), ...reporter.of('failed')]).toEqual([])
  })

  test('goes on with the children when the pause ends', async () => {
    const cluster = new FakeCluster()
    await runApply(cluster, await setOf(cluster, `${manifest}  paused: true\n`), options, new Recorder())
    expect(await runApply(cluster, await setOf(cluster, `${manifest}  paused: false\n`), options, new Recorder())).toBe(
      0,
    )
    expect(cluster.objects.has('apps/v1 StatefulSet shop/orders')).toBe(true)
  })

  test('ends with what went wrong while waiting for another object, whatever the databases still do', async () => {
    const cluster = new FakeCluster()
    cluster.hasStatus = () => Promise.reject(new Error('not answered'))
    const broken = new Recorder()
    broken.report = (event) => {
      if (event.type === 'warning') throw new Error('the report cannot be written')
    }
    const text = `${manifest}  credentials: { existingSecret: { name: vault, passwordKey: secret } }
---
apiVersion: example.com/v1
kind: Thing
metadata: { name: thing, namespace: shop }
spec: {}
`
    const unhandled: unknown[] = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const limited = { ...options, wait: true, deadline: AbortSignal.timeout(200) }
    const running = runApply(cluster, await setOf(cluster, text), limited, broken)
    await expect(running).rejects.toThrow('the report cannot be written')
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  test('names the missing Secret when the time is over', async () => {
    const cluster = new FakeCluster()
    const reporter = new Recorder()
    const text = `${manifest}  credentials: { existingSecret: { name: vault, passwordKey: secret } }\n`
    const limited = { ...options, wait: true, deadline: AbortSignal.timeout(100) }
    expect(await runApply(cluster, await setOf(cluster, text), limited, reporter)).toBe(EXIT.notReady)
    expect(reporter.of('failed')[0]).toMatchObject({
      reason: 'not ready in time: CredentialsSecretMissing',
      message: 'Secret vault does not exist; spec.credentials names it.',
    })
  })

  test('deletes the pod that a refusal is known from, also where it has something to apply first', async () => {
    const cluster = new FakeCluster()
    const set = await setOf(cluster)
    await runApply(cluster, set, options, new Recorder())
    const key = 'apps/v1 StatefulSet shop/orders'
    const statefulSet = cluster.objects.get(key)
    if (statefulSet === undefined) throw new Error('no StatefulSet')
    cluster.objects.set(key, { ...statefulSet, status: { observedGeneration: 1, updateRevision: 'orders-1' } })
    const message = 'CredentialsUnreadable: password holds a line break'
    cluster.add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'orders-0',
        namespace: 'shop',
        labels: {
          'app.kubernetes.io/name': 'postgresql',
          'app.kubernetes.io/instance': 'orders',
          'controller-revision-hash': 'orders-1',
        },
      },
      status: { initContainerStatuses: [{ name: 'bootstrap', state: { terminated: { exitCode: 78, message } } }] },
    })
    const configuration = [...cluster.objects.keys()].find((name) => name.startsWith('v1 ConfigMap ')) ?? ''
    expect(cluster.objects.delete(configuration)).toBe(true)
    const reporter = new Recorder()
    await runApply(cluster, set, options, reporter)
    expect(cluster.writes.filter(({ verb }) => verb === 'delete').map(({ reference }) => reference)).toEqual([
      'v1 Pod shop/orders-0',
    ])
    expect(reporter.of('failed')).toEqual([])
  })

  test('stores nothing in a dry run', async () => {
    const cluster = new FakeCluster()
    const reporter = new Recorder()
    expect(await runApply(cluster, await setOf(cluster), { ...options, dryRun: 'server' }, reporter)).toBe(0)
    expect(cluster.writes).toEqual([])
    expect(reporter.of('finished')[0]?.summary.pending).toBe(10)
  })

  test('counts in its summary what was written', async () => {
    const cluster = new FakeCluster()
    const reporter = new Recorder()
    await runApply(cluster, await setOf(cluster), options, reporter)
    const created = reporter
      .of('applied')
      .filter(({ action }) => action === 'create')
      .map(({ object }) => object.kind)
    expect(reporter.of('finished')[0]?.summary.created).toBe(created.length)
    expect(created).toContain('Secret')
  })
})

describe('diff', () => {
  test('tells with its exit code whether something would change', async () => {
    const cluster = new FakeCluster()
    const set = await setOf(cluster)
    expect(await runDiff(cluster, set, options, new Recorder())).toBe(1)
    expect(cluster.writes).toEqual([])
  })
})

describe('delete', () => {
  const deletion = {
    purge: false,
    wait: false,
    deadline: options.deadline,
    interrupt: options.interrupt,
    now: options.now,
  }
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'data-orders-0',
      namespace: 'shop',
      labels: { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': 'orders' },
    },
  }

  test.each([
    ['keeps claims and credentials', manifest, false, ['PersistentVolumeClaim', 'Secret']],
    ['deletes them too where the Database says so', `${manifest}  deletionPolicy: Delete\n`, false, []],
    ['deletes them too when told to', manifest, true, []],
  ])('%s', async (_, text, purge, left) => {
    const cluster = new FakeCluster()
    await runApply(cluster, await setOf(cluster, text), options, new Recorder())
    cluster.add(claim)
    expect(await runDelete(cluster, await setOf(cluster, text), { ...deletion, purge }, new Recorder())).toBe(0)
    expect([...cluster.objects.values()].map(({ kind }) => kind).toSorted()).toEqual(left)
  })

  test.each([false, true])('leaves alone what is not ours, purge %s', async (purge) => {
    const cluster = new FakeCluster()
    for (const [apiVersion, kind, name] of [
      ['apps/v1', 'StatefulSet', 'orders'],
      ['v1', 'Service', 'orders'],
      ['v1', 'Secret', 'orders-credentials'],
    ] as const) {
      cluster.add({ apiVersion, kind, metadata: { name, namespace: 'shop' } })
    }
    const reporter = new Recorder()
    expect(await runDelete(cluster, await setOf(cluster), { ...deletion, purge }, reporter)).toBe(1)
    expect(cluster.writes).toEqual([])
    expect(reporter.of('planned')[0]?.changes.map(({ action, note }) => `${action} ${note?.split(':')[0]}`)).toEqual([
      'keep not ours',
      'keep not ours',
      'keep not ours',
    ])
  })

  test.each([false, true])(
    'takes nothing of a protected database, purge %s, and says how to allow it',
    async (purge) => {
      const cluster = new FakeCluster()
      await runApply(cluster, await setOf(cluster, `${manifest}  deletionProtection: true\n`), options, new Recorder())
      cluster.add(claim)
      const before = cluster.writes.length
      const reporter = new Recorder()
      // Not what the manifests say by now counts, but what is there.
      expect(await runDelete(cluster, await setOf(cluster), { ...deletion, purge }, reporter)).toBe(1)
      expect(cluster.writes.slice(before)).toEqual([])
      expect(reporter.of('planned')[0]?.changes[0]).toMatchObject({
        action: 'keep',
        note:
          'spec.deletionProtection is true: allow it and run again: ' +
          `kubectl -n shop patch database.database.example.com/orders --type=merge -p '{"spec":{"deletionProtection":false}}'`,
      })
      expect(reporter.of('failed')[0]?.message).toBe('whatever exists of these manifests stays')
    },
  )

  test('keeps the definition in a purge while other databases exist, and namespaces always', async () => {
    const cluster = new FakeCluster()
    const text = `${manifest}---\n${JSON.stringify(databaseCrd())}\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n`
    await runApply(cluster, await setOf(cluster), options, new Recorder())
    cluster.add(databaseCrd())
    cluster.add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    cluster.add({
      apiVersion: 'database.example.com/v1',
      kind: 'Database',
      metadata: { name: 'users', namespace: 'other' },
    })
    await runDelete(cluster, await setOf(cluster, text), { ...deletion, purge: true }, new Recorder())
    expect([...cluster.objects.values()].map(({ kind }) => kind).toSorted()).toEqual([
      'CustomResourceDefinition',
      'Database',
      'Namespace',
    ])
  })

  test('sees the pods go where it may not watch', async () => {
    const cluster = new FakeCluster()
    await runApply(cluster, await setOf(cluster), options, new Recorder())
    cluster.add({ ...claim, kind: 'Pod', metadata: { ...claim.metadata, name: 'orders-0' } })
    cluster.watch = (_query, _onEvent, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    const pod = [...cluster.objects].find(([, { kind }]) => kind === 'Pod')?.[0] ?? ''
    setTimeout(() => cluster.objects.delete(pod), 20)
    const waiting = { ...deletion, wait: true, deadline: AbortSignal.timeout(10_000) }
    expect(await runDelete(cluster, await setOf(cluster), waiting, new Recorder())).toBe(0)
  })

  test('is no success by silence where nothing matches', async () => {
    const cluster = new FakeCluster()
    const reporter = new Recorder()
    expect(await runDelete(cluster, await setOf(cluster), deletion, reporter)).toBe(1)
    expect(reporter.of('failed')[0]?.reason).toBe('nothing to delete')
  })
})
