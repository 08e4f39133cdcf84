/** Giving objects away without touching them. */
import { beforeAll, expect, test } from 'vitest'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { installDefinition, labManifest, storedWrites } from './database.ts'

const cluster = await useControlPlane()
const { kubeconfig } = cluster
const run = (command: string, namespace: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli([command, '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: manifest })

const settings = (colour: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', labels: { team: 'shop' } },
  data: { colour },
})
const manifest = `${labManifest()}---\n${JSON.stringify(settings('red'))}\n`

interface Item {
  readonly kind: string
  readonly metadata: Record<string, unknown> & { readonly name: string }
}

/** Everything of the test, without what the server or a controller counts. */
async function contents(namespace: string): Promise<Item[]> {
  const kinds = 'database,statefulset,service,configmap,secret,serviceaccount,role,rolebinding,networkpolicy'
  const { stdout } = await cluster.kubectl(['-n', namespace, 'get', kinds, '-o', 'json'])
  const { items } = JSON.parse(stdout) as { items: Item[] }
  return items
    .filter(({ metadata }) => !['kube-root-ca.crt', 'default'].includes(metadata.name))
    .map((item) => ({ ...item, metadata: { ...item.metadata, resourceVersion: '' }, status: undefined }))
}

async function managers(namespace: string, object: string): Promise<string[]> {
  const { stdout } = await cluster.kubectl([
    '-n',
    namespace,
    'get',
    object,
    '--show-managed-fields',
    '--output=jsonpath={.metadata.managedFields[*].manager}',
  ])
  return stdout.split(' ')
}

beforeAll(() => installDefinition(cluster))

test('release gives everything up, changes no value, and lets others apply theirs without a conflict', async () => {
  const namespace = await createNamespace(cluster, 'release')
  const applied = await run('apply', namespace, '--no-wait')
  expect(applied.code, applied.stderr).toBe(0)
  const before = await contents(namespace)
  expect(before.length).toBeGreaterThan(9)

  const writes = (await storedWrites(cluster, namespace)).length
  const plan = await run('release', namespace, '--dry-run')
  expect(plan.stdout).toMatch(/~ update +StatefulSet \S+\/test-db .*gives up \d+ fields; every value stays/)
  expect(plan.code).toBe(0)
  expect((await storedWrites(cluster, namespace)).length).toBe(writes)

  const released = await run('release', namespace, '-o', 'json')
  expect(released.code, released.stderr).toBe(0)
  const report = JSON.parse(released.stdout) as { kind: string; summary: { updated: number; unchanged: number } }
  expect(report.kind).toBe('ReleaseReport')
  expect(report.summary.updated).toBe(before.length)
  expect(await contents(namespace)).toEqual(before)
  expect(await managers(namespace, 'statefulset/test-db')).not.toContain('cdk8s-database')
  expect(await managers(namespace, 'database/test-db')).toEqual(['cdk8s-database-status'])
  expect(await managers(namespace, 'configmap/settings')).toEqual(['cdk8s-database-released'])

  const theirs = await cluster.kubectl(
    ['-n', namespace, 'apply', '--server-side', '--field-manager', 'theirs', '-f', '-'],
    { stdin: JSON.stringify(settings('blue')) },
  )
  expect(theirs.code, theirs.stderr).toBe(0)

  const again = await run('release', namespace)
  expect(again.stdout).toContain(`${before.length} unchanged`)
  expect(again.code).toBe(0)
})

test('release of what does not exist says so', async () => {
  const namespace = await createNamespace(cluster, 'release')
  const { code, stderr } = await run('release', namespace)
  expect(stderr).toMatch(/^error: release: nothing to release: .+\n {2}try: check --context and -n\n/m)
  expect(code).toBe(1)
})
