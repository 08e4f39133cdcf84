/** What synth writes is what the server stores: no GitOps tool ever sees a difference that nobody made. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { App, Chart } from 'cdk8s'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { GROUP } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { readManifests } from '../../src/manifests/read.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { installForeignDefinitions } from '../cluster/foreign-definitions.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { isForOthers } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { PROJECT } from '../e2e/command.ts'
import { installDefinition } from '../e2e/database.ts'
import { applyAs, everyDrift, liveOf, pathOf } from './gitops-apply.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'drift')
const client = new ApiClient({ ...cluster, token: cluster.adminToken })
afterAll(() => client.close())

/** Values as people write them, not as the server prints them. */
const LOOSE: DatabaseProps = {
  image: 'postgres:18.4-trixie',
  databaseName: 'orders',
  username: 'orders_app',
  storage: { size: '1024Gi' },
  resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: '2000m', memory: '2048Mi' } },
}

function manifestsIn(place: string, name: string, props: DatabaseProps): KubernetesObject[] {
  const chart = new Chart(new App(), 'drift', { namespace: place })
  new Database(chart, name, props)
  return (chart.toJson() as KubernetesObject[]).filter((object) => !isForOthers(object))
}

beforeAll(async () => {
  await installDefinition(cluster)
  await installForeignDefinitions(cluster, ['podmonitors', 'prometheusrules'])
})

describe('applied by Argo CD, seen by Argo CD and Flux, nothing differs:', () => {
  test.each(Object.entries({ ...SCENARIOS, loose: LOOSE }))('%s', async (name, props) => {
    const objects = manifestsIn(namespace, name, props)
    for (const object of objects) await applyAs(client, 'argocd-controller', object)
    expect(await everyDrift(client, objects)).toEqual([])

    const database = objects.find(({ kind }) => kind === 'Database') as KubernetesObject
    const { apiVersion, kind, metadata } = database
    const status = { phase: 'Deploying', ready: false, observedGeneration: 1 }
    const written = { apiVersion, kind, metadata: { name: metadata.name, namespace }, status }
    await client.apply(`${pathOf(database)}/status`, written, 'cdk8s-database-status', { force: true })
    expect(await everyDrift(client, objects)).toEqual([])

    // The sync that follows is no sync: not one object gets a new version.
    const versions = async (): Promise<(string | undefined)[]> =>
      await Promise.all(objects.filter(isQuiet).map(async (o) => (await liveOf(client, o)).metadata.resourceVersion))
    const before = await versions()
    for (const object of objects) await applyAs(client, 'argocd-controller', object)
    expect(await versions()).toEqual(before)
    expect(await everyDrift(client, objects)).toEqual([])
  })
})

/** No controller writes to it meanwhile. */
const isQuiet = ({ kind }: KubernetesObject): boolean => kind !== 'StatefulSet' && kind !== 'PersistentVolumeClaim'

describe.each(['dist', 'examples/argocd/dist'])('what stands in %s', (directory) => {
  const suffix = randomBytes(4).toString('hex')
  const group = `drift-${suffix}.example.com`
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  let objects: KubernetesObject[]
  let place: string

  beforeAll(async () => {
    place = await createNamespace(cluster, 'drift')
    objects = readManifests([join(PROJECT, directory)], () => '').map(({ object }) => moved(object))
  })
  afterAll(async () => {
    await cluster.request('DELETE', `${definitions}/databases.${group}`)
  })

  /** The same in this test's namespace; the definition under a group of its own, because other tests use the real one. */
  function moved(object: KubernetesObject): KubernetesObject {
    if (object.kind === 'CustomResourceDefinition')
      return JSON.parse(JSON.stringify(object).replaceAll(GROUP, group)) as KubernetesObject
    if (object.kind === 'Namespace') return { ...object, metadata: { ...object.metadata, name: place } }
    return { ...object, metadata: { ...object.metadata, namespace: place } }
  }

  test('differs in nothing either', async () => {
    expect(objects.map(({ kind }) => kind)).toContain('CustomResourceDefinition')
    for (const object of objects) await applyAs(client, 'argocd-controller', object)
    await vi.waitFor(async () => expect(await everyDrift(client, objects)).toEqual([]), {
      timeout: 20_000,
      interval: 500,
    })
    for (const object of objects) await applyAs(client, 'kustomize-controller', object)
    expect(await everyDrift(client, objects)).toEqual([])
  })
})
