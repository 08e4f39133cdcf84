/** From `apply` to Git: what docs/gitops.md says about the order, on a real API server. */
import { afterAll, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { manifest, manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { cli } from '../e2e/command.ts'
import { applyAs, liveOf, pathOf } from './gitops-apply.ts'

const cluster = await useControlPlane()
const { kubeconfig } = cluster
const client = new ApiClient({ ...cluster, token: cluster.adminToken })
afterAll(() => client.close())

const settings = (namespace: string, data: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data,
})
const BOTH = { kept: 'a', removed: 'b' }
const dataOf = async (namespace: string): Promise<unknown> => (await liveOf(client, settings(namespace, {})))['data']

async function appliedAndSynced(): Promise<string> {
  const namespace = await createNamespace(cluster, 'hand-over')
  await run('apply', namespace)
  await applyAs(client, 'argocd-controller', settings(namespace, BOTH))
  return namespace
}

async function run(command: string, namespace: string): Promise<void> {
  const stdin = JSON.stringify(settings(namespace, BOTH))
  const { code, stderr } = await cli([command, '-f', '-'], { kubeconfig, stdin })
  expect(code, stderr).toBe(0)
}

test('what apply made and nobody released stays when Git drops it', async () => {
  const namespace = await appliedAndSynced()
  await applyAs(client, 'argocd-controller', settings(namespace, { kept: 'a' }))
  expect(await dataOf(namespace)).toEqual(BOTH)
})

test('released after the first sync, Git alone decides', async () => {
  const namespace = await appliedAndSynced()
  await run('release', namespace)
  expect(await dataOf(namespace)).toEqual(BOTH)
  await applyAs(client, 'argocd-controller', settings(namespace, { kept: 'a' }))
  expect(await dataOf(namespace)).toEqual({ kept: 'a' })
})

test('what Flux takes over from kubectl, it removes: so it is told to leave the keys of the credentials alone', async () => {
  const namespace = await createNamespace(cluster, 'hand-over')
  const secret = manifest(manifestsOf('orders', SCENARIOS['orders'] as DatabaseProps), 'Secret')
  const inGit = { ...secret, metadata: { ...secret.metadata, namespace } }
  expect(inGit.metadata.annotations).toMatchObject({ 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' })
  await applyAs(client, 'kustomize-controller', inGit)
  const password = { ...inGit, data: { password: 'cGFzc3dvcmQ=' } }
  await applyAs(client, 'kubectl', password)
  // As Flux does without that annotation: the entry of the other manager is renamed, then the manifest is applied.
  const { managedFields = [] } = (await liveOf(client, inGit)).metadata
  const taken = managedFields
    .filter(({ manager }) => manager === 'kubectl')
    .map((entry) => ({ ...entry, manager: 'kustomize-controller' }))
  await client.merge(pathOf(inGit), { metadata: { managedFields: taken } })
  await applyAs(client, 'kustomize-controller', inGit)
  expect(Object.keys((await liveOf(client, inGit))['data'] as object)).not.toContain('password')
})

test('delete heeds the annotations that keep an object, and --purge does not', async () => {
  const namespace = await createNamespace(cluster, 'hand-over')
  const metadata = { name: 'settings', namespace, annotations: { 'helm.sh/resource-policy': 'keep' } }
  const stdin = JSON.stringify({ ...settings(namespace, BOTH), metadata })
  const call = (...args: string[]): ReturnType<typeof cli> => cli([...args, '-f', '-'], { kubeconfig, stdin })
  expect((await call('apply')).code).toBe(0)
  const kept = await call('delete')
  expect(kept.stdout).toMatch(/= keep +ConfigMap .*annotated helm\.sh\/resource-policy: keep/)
  expect(await dataOf(namespace)).toEqual(BOTH)
  expect((await call('delete', '--purge', '--yes')).code).toBe(0)
  expect((await cluster.request('GET', `/api/v1/namespaces/${namespace}/configmaps/settings`)).status).toBe(404)
})
