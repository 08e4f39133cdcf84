/** What can only be deleted and created again: on a yes, and without a pod that notices. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli, PROJECT } from './command.ts'
import { field, installDefinition, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster

beforeAll(() => installDefinition(cluster))

const run = (namespace: string, command: string, manifest: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli([command, '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: manifest })

describe('a StatefulSet with another pod management policy', () => {
  test('is replaced only with --recreate and a yes, and its pod goes on', async () => {
    const namespace = await createNamespace(cluster, 'recreate')
    const rendered = readFileSync(join(PROJECT, 'dist', 'shop.k8s.yaml'), 'utf8').replaceAll(
      'namespace: shop',
      `namespace: ${namespace}`,
    )
    const changed = rendered.replace('podManagementPolicy: Parallel', 'podManagementPolicy: OrderedReady')
    expect((await run(namespace, 'apply', rendered, '--timeout', '90s')).code).toBe(0)
    const pod = await field(cluster, namespace, '.metadata.uid', 'pod/orders-0')
    const before = (await storedWrites(cluster, namespace)).length

    const refused = await run(namespace, 'apply', changed)
    expect(refused.stderr).toContain('spec.podManagementPolicy cannot change')
    expect(refused.stderr).toMatch(/try: allow it: .*apply -f - -n \S+ --recreate/)
    expect(refused.code).toBe(5)
    const declined = await run(namespace, 'apply', changed, '--recreate')
    expect(declined.stderr).toContain('Declined')
    expect(declined.code).toBe(5)
    expect((await storedWrites(cluster, namespace)).length).toBe(before)

    const shown = await run(namespace, 'diff', changed, '--recreate')
    expect(shown.stdout).toMatch(/± replace +StatefulSet \S+\/orders/)
    const { code, stdout, stderr } = await run(namespace, 'apply', changed, '--recreate', '--yes', '--timeout', '90s')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('1 replaced')
    expect(await field(cluster, namespace, '.spec.podManagementPolicy', 'sts/orders')).toBe('OrderedReady')
    expect(await field(cluster, namespace, '.metadata.uid', 'pod/orders-0')).toBe(pod)
    const deletions = (await storedWrites(cluster, namespace)).filter(({ verb }) => verb === 'delete')
    expect(deletions.map(({ objectRef, requestObject }) => [objectRef?.resource, requestObject])).toEqual([
      [
        'statefulsets',
        expect.objectContaining({
          propagationPolicy: 'Orphan',
          preconditions: { uid: expect.any(String), resourceVersion: expect.any(String) },
        }),
      ],
    ])
  })
})

describe('objects of other kinds', () => {
  const binding = (role: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: web }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role} }
subjects: [{ kind: ServiceAccount, name: web }]
`
  const job = (image: string): string => `apiVersion: batch/v1
kind: Job
metadata: { name: web }
spec: { suspend: true, template: { spec: { restartPolicy: Never, containers: [{ name: web, image: "${image}" }] } } }
`
  const service = (address: string): string => `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: ${address}, selector: { app: web }, ports: [{ port: 80 }] }
`

  test('are replaced where that is harmless', async () => {
    const namespace = await createNamespace(cluster, 'recreate')
    expect((await run(namespace, 'apply', [binding('a'), job('web:1')].join('---\n'))).code).toBe(0)
    const manifest = [binding('b'), job('web:2')].join('---\n')
    const refused = await run(namespace, 'apply', manifest)
    expect(refused.code, refused.stderr).toBe(5)
    const { code, stdout, stderr } = await run(namespace, 'apply', manifest, '--recreate', '--yes')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('2 replaced')
    expect(await field(cluster, namespace, '.roleRef.name', 'rolebinding/web')).toBe('b')
    expect(await field(cluster, namespace, '.spec.template.spec.containers[0].image', 'job/web')).toBe('web:2')
  })

  test('are kept where something would be lost, with the way out', async () => {
    const namespace = await createNamespace(cluster, 'recreate')
    expect((await run(namespace, 'apply', service('None'))).code).toBe(0)
    const before = (await storedWrites(cluster, namespace)).length
    const { code, stderr } = await run(namespace, 'apply', service('10.0.0.99'), '--recreate', '--yes')
    expect(stderr).toContain('spec.clusterIP cannot change, and it is not deleted and created again')
    expect(stderr).toContain(`kubectl -n ${namespace} delete service web`)
    expect(code).toBe(1)
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })
})
