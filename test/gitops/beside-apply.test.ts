/** Git writes the manifests, `apply` walks the phases: neither undoes the other. On a real cluster with PostgreSQL. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { readManifests } from '../../src/manifests/read.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { PROJECT, cli } from '../e2e/command.ts'
import { field, installDefinition } from '../e2e/database.ts'
import { applyAs, everyDrift, liveOf, pathOf } from './gitops-apply.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const client = new ApiClient({ ...cluster, token: cluster.adminToken })
const PATH_OF_DATABASE = join(PROJECT, 'dist', 'shop.k8s.yaml')
afterAll(() => client.close())

beforeAll(() => installDefinition(cluster))

/** The marks by which each tool knows its objects, and the manager under which it applies. */
const TOOLS = [
  {
    tool: 'Argo CD',
    manager: 'argocd-controller',
    marked: ({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): KubernetesObject['metadata'] => {
      const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
      const id = `shop:${group}/${kind}:${namespace}/${metadata.name}`
      return { ...metadata, annotations: { ...metadata.annotations, 'argocd.argoproj.io/tracking-id': id } }
    },
  },
  {
    tool: 'Flux',
    manager: 'kustomize-controller',
    marked: ({ metadata }: KubernetesObject): KubernetesObject['metadata'] => ({
      ...metadata,
      labels: {
        ...metadata.labels,
        'kustomize.toolkit.fluxcd.io/name': 'databases',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    }),
  },
] as const

describe.each(TOOLS)('with $tool', ({ tool, manager, marked }) => {
  let namespace: string
  let objects: KubernetesObject[]
  const manifests = (): string => objects.map((object) => JSON.stringify(object)).join('\n---\n')
  const apply = (...flags: string[]): ReturnType<typeof cli> =>
    cli(['apply', '-f', '-', '--timeout', '90s', ...flags], { kubeconfig, stdin: manifests() })
  const inGit = (): KubernetesObject[] => objects.map((object) => ({ ...object, metadata: marked(object, namespace) }))
  const sync = async (): Promise<void> => {
    for (const object of inGit()) await applyAs(client, manager, object)
  }

  beforeAll(async () => {
    namespace = await createNamespace(cluster, 'beside', {
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    })
    objects = readManifests([PATH_OF_DATABASE], () => '').map(({ object }) => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    }))
  })

  test('apply makes the password and walks to Ready, and leaves every manifest as Git has it', async () => {
    await sync()
    const { code, stdout, stderr } = await apply()
    expect(code, `${stdout}${stderr}`).toBe(0)
    expect(await field(cluster, namespace, '.status.phase', 'database/orders')).toBe('Ready')
    expect(await field(cluster, namespace, '.data.password', 'secret/orders-credentials')).not.toBe('')
    const versions = async (): Promise<unknown[]> =>
      await Promise.all(objects.map(async (object) => (await liveOf(client, object)).metadata.resourceVersion))
    const before = await versions()
    await sync()
    expect(await versions()).toEqual(before)
    expect(await everyDrift(client, inGit())).toEqual([])
    expect(await field(cluster, namespace, '.data.password', 'secret/orders-credentials')).not.toBe('')
  })

  test('a later apply writes nothing, and owns no field of what Git keeps', async () => {
    const { code, stdout } = await apply()
    expect(stdout).toContain('no changes')
    expect(code).toBe(0)
    for (const object of objects) {
      const managers = (await liveOf(client, object)).metadata.managedFields?.map((entry) => entry.manager)
      expect(managers, object.kind).not.toContain('cdk8s-database')
    }
  })

  test('a change that only apply knows is refused, because Git would undo it', async () => {
    const before = objects
    objects = objects.map((object) =>
      object.kind === 'Service' ? { ...object, metadata: { ...object.metadata, labels: { team: 'shop' } } } : object,
    )
    const { code, stderr } = await apply()
    objects = before
    expect(stderr).toContain('ManagedElsewhere')
    expect(code).toBe(5)
  })

  test('what has left Git and waits to be pruned is left to the tool, and told', async () => {
    const { labels = {} } = objects.find(({ kind }) => kind === 'StatefulSet')?.metadata ?? {}
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'orders', namespace, labels },
      spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/instance': 'orders' } } },
    }
    const left = { ...budget, metadata: marked(budget, namespace) }
    const { metadata } = await applyAs(client, manager, left)
    const diff = await cli(['diff', '-f', '-', '-o', 'json'], { kubeconfig, stdin: manifests() })
    const { changes } = JSON.parse(diff.stdout) as { changes: { action: string; object: object; note?: string }[] }
    expect(changes.filter(({ action }) => action !== 'unchanged')).toMatchObject([
      { action: 'keep', object: { kind: 'PodDisruptionBudget' }, note: expect.stringContaining(`managed by ${tool}`) },
    ])
    expect(diff.code, diff.stderr).toBe(0)
    expect((await apply()).code).toBe(0)
    expect((await liveOf(client, left)).metadata.uid).toBe(metadata.uid)
    await client.request('DELETE', pathOf(left))
  })

  test('a pull request is told what the sync will do, and nothing but that', async () => {
    const diff = async (): ReturnType<typeof cli> =>
      await cli(['diff', '-f', '-', '--as-keeper', '-o', 'json'], { kubeconfig, stdin: manifests() })
    const same = await diff()
    expect(same.code, same.stdout).toBe(0)
    const before = objects
    // Git drops one label and sets another.
    objects = objects.map((object) => {
      const { 'app.kubernetes.io/component': _, ...labels } = object.metadata.labels ?? {}
      const metadata = { ...object.metadata, labels: { ...labels, team: 'shop' } }
      return object.kind === 'NetworkPolicy' ? { ...object, metadata } : object
    })
    const changed = await diff()
    const wanted = inGit()
    const report = JSON.parse(changed.stdout) as {
      changes: { action: string; object: { kind: string }; differences: { path: string }[] }[]
    }
    const updates = report.changes.filter(({ action }) => action !== 'unchanged' && action !== 'keep')
    expect(updates.map(({ object, differences }) => [object.kind, differences.map(({ path }) => path)])).toEqual([
      ['NetworkPolicy', ['metadata.labels["app.kubernetes.io/component"]', 'metadata.labels.team']],
    ])
    expect(changed.code).toBe(1)
    objects = before
    for (const object of wanted) await applyAs(client, manager, object)
    const policy = wanted.find(({ kind }) => kind === 'NetworkPolicy') as KubernetesObject
    expect((await liveOf(client, policy)).metadata.labels).toEqual(policy.metadata.labels)
  })
})
