/** Several databases in one run: none waits for another, and the end says which failed. */
import { beforeAll, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster

beforeAll(() => installDefinition(cluster))

/** A database that becomes ready, one whose image does not exist, and one whose name is taken by somebody else. */
const manifests = [
  labManifest({ 'test-db': 'good' }),
  labManifest({ 'test-db': 'stuck', 'postgres:14': 'postgres:14.99' }),
  labManifest({ 'test-db': 'taken' }),
].join('---\n')

test('one that waits, and one that is refused, hold up no other', async () => {
  const namespace = await createNamespace(cluster, 'fleet')
  const taken = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'taken-config' }, data: { of: 'somebody' } }
  expect((await cluster.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, { body: taken })).status).toBe(
    201,
  )

  const { code, stdout, stderr } = await cli(
    // One turn: whoever waited with it in hand would hold up the others.
    ['apply', '-f', '-', '-n', namespace, '--concurrency', '1', '--timeout', '50s', '--object-timeout', '30s'],
    { kubeconfig, stdin: manifests },
  )

  expect(stdout).toContain(`ready: Database ${namespace}/good`)
  expect(stderr).toContain(`Database ${namespace}/stuck: not ready in time: ErrImagePull`)
  expect(stderr).toContain(`ConfigMap ${namespace}/taken-config: NotOurs`)
  expect(stdout).toMatch(/ created · .*2 failed · /)
  expect(code).toBe(5)
  expect(await field(cluster, namespace, '.status.phase', 'database/good')).toBe('Ready')
  expect(await field(cluster, namespace, '.status.phase', 'database/stuck')).toBe('Deploying')
  const written = (await storedWrites(cluster, namespace)).map(({ objectRef }) => objectRef?.name)
  expect(written.filter((name) => name?.startsWith('taken'))).toEqual([])
})

test('the server agrees with what the managed fields prove', async () => {
  const namespace = await createNamespace(cluster, 'agree')
  const run = (...flags: readonly string[]): ReturnType<typeof cli> =>
    cli(['apply', '-f', '-', '-n', namespace, '--no-wait', ...flags], { kubeconfig, stdin: labManifest() })
  expect((await run()).code).toBe(0)
  const proved = await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: labManifest() })
  expect(proved.stdout).toMatch(/no changes · 10 unchanged · .* · 0 dry-run · 0 write/)
  const asked = await cli(['diff', '-f', '-', '-n', namespace, '--verify-with-dry-run'], {
    kubeconfig,
    stdin: labManifest(),
  })
  expect(asked.stdout).toMatch(/no changes · 10 unchanged · .* · 9 dry-run · 0 write/)
  expect([proved.code, asked.code]).toEqual([0, 0])
})
