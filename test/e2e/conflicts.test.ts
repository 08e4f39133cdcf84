/** Fields that others own. */
import { describe, expect, test } from 'vitest'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { storedWrites } from './database.ts'

const cluster = await useControlPlane()
const { kubeconfig } = cluster

const deployment = (replicas: number): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      },
    },
  })

const apply = (namespace: string, stdin: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli(['apply', '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin })

async function scaled(): Promise<string> {
  const namespace = await createNamespace(cluster, 'conflict')
  // Its image does not exist: nobody waits for it.
  expect((await apply(namespace, deployment(1), '--no-wait')).code).toBe(0)
  const scale = await cluster.kubectl(['-n', namespace, 'scale', 'deployment/web', '--replicas=3'])
  expect(scale.code, scale.stderr).toBe(0)
  const image = await cluster.kubectl(['-n', namespace, 'set', 'image', 'deployment/web', 'web=web:2'])
  expect(image.code, image.stderr).toBe(0)
  return namespace
}

const replicas = async (namespace: string): Promise<string> =>
  (await cluster.kubectl(['-n', namespace, 'get', 'deployment/web', '-o', 'jsonpath={.spec.replicas}'])).stdout

interface Report {
  readonly changes: { action: string; note?: string; conflicts?: unknown; differences: unknown[] }[]
  readonly exitCode: number
}

/** The server keeps no time of a write to the sub-resource scale. */
const conflicts = [
  {
    path: 'spec.template.spec.containers[name=web].image',
    ours: 'web:1',
    live: 'web:2',
    owners: [{ manager: 'kubectl-set', operation: 'Update', time: expect.any(String) as string }],
  },
  {
    path: 'spec.replicas',
    ours: 1,
    live: 3,
    owners: [{ manager: 'kubectl', operation: 'Update', subresource: 'scale' }],
  },
]
const byPath = (found: unknown): unknown =>
  (found as { path: string }[]).toSorted((left, right) => right.path.localeCompare(left.path))

describe('a field that another manager owns', () => {
  test('is not taken: both values, the owner, its operation and time, and three ways out', async () => {
    const namespace = await scaled()
    const before = (await storedWrites(cluster, namespace)).length
    const { code, stderr } = await apply(namespace, deployment(1), '--timeout', '30s')
    expect(stderr).toMatch(
      /error: Deployment \S+\/web: FieldManagerConflict: other managers own 2 fields with other values\n/,
    )
    expect(stderr).toContain(`
       spec.replicas: 3 live, 1 in the manifest; owned by kubectl (Update of scale)\n`)
    expect(stderr).toMatch(
      /\n {7}spec\.template\.spec\.containers\[name=web\]\.image: "web:2" live, "web:1" in the manifest; owned by kubectl-set \(Update at \d{4}-\S+Z\)\n/,
    )
    expect(stderr).toMatch(/\n {3}at: -:1\n {2}try: leave it to them: remove spec\.\S+, spec\.\S+ from the manifest\n/)
    expect(stderr).toMatch(/\n {7}or keep the live value: .*set spec\.replicas to 3/)
    expect(stderr).toContain(
      `or take the fields: cdk8s-database apply -f - -n ${namespace} --timeout=30s --force-conflicts\n`,
    )
    expect(code).toBe(3)
    expect(await replicas(namespace)).toBe('3')
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })

  test('stands in the JSON of a plan', async () => {
    const namespace = await scaled()
    const { code, stdout } = await cli(['diff', '-f', '-', '-n', namespace, '-o', 'json'], {
      kubeconfig,
      stdin: deployment(1),
    })
    const report = JSON.parse(stdout) as Report
    expect(report.changes).toEqual([expect.objectContaining({ action: 'conflict' })])
    expect(byPath(report.changes[0]?.conflicts)).toEqual(conflicts)
    expect(report.changes[0]?.differences.length).toBe(2)
    expect(code).toBe(3)
  })

  test('is taken with --force-conflicts, and the plan says from whom', async () => {
    const namespace = await scaled()
    const { code, stdout } = await apply(namespace, deployment(1), '--force-conflicts', '--no-wait', '-o', 'json')
    const report = JSON.parse(stdout) as Report
    expect(report.changes).toEqual([expect.objectContaining({ action: 'update' })])
    expect(report.changes[0]?.note).toContain('takes spec.replicas from kubectl (Update of scale)')
    expect(byPath(report.changes[0]?.conflicts)).toEqual(conflicts)
    expect(code).toBe(0)
    expect(await replicas(namespace)).toBe('1')
  })

  test('never shows a secret value', async () => {
    const namespace = await createNamespace(cluster, 'conflict')
    const secret = (password: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'login' },
        data: { password: Buffer.from(password).toString('base64') },
      })
    const [ours, theirs] = ['canary-of-ours', 'canary-of-theirs']
    await cluster.kubectl(['-n', namespace, 'apply', '--server-side', '--field-manager', 'vault', '-f', '-'], {
      stdin: secret(theirs),
    })
    const { code, stdout, stderr } = await apply(namespace, secret(ours), '-o', 'json')
    expect(code).toBe(3)
    expect(stdout).toContain(
      String.raw`data.password: \"*** (#1)\" live, \"*** (#2)\" in the manifest; owned by vault (Apply`,
    )
    for (const canary of [ours, theirs]) {
      const encoded = Buffer.from(canary).toString('base64').slice(0, 12)
      expect(stdout + stderr).not.toContain(canary)
      expect(stdout + stderr).not.toContain(encoded)
    }
  })
})
