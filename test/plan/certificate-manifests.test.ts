/** The project's own manifests: a second apply of every one must be certified, and change nothing. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { GROUP } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { ownedBy } from '../../src/applier/set/owner.ts'
import type { Client } from '../../src/cluster/client.ts'
import { connect } from '../../src/cluster/connect.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { certify } from '../../src/plan/certificate.ts'
import { compare } from '../../src/plan/verdict.ts'
import { installForeignDefinitions } from '../cluster/foreign-definitions.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { isForOthers } from '../constructs/manifests-of.ts'
import { MANAGER } from './recording.ts'

const root = join(import.meta.dirname, '..', '..')
// A group of its own: other test files use the real one at the same time.
const group = `manifests-${randomBytes(4).toString('hex')}.example.com`

const read = (file: string): KubernetesObject[] =>
  parseAllDocuments(readFileSync(file, 'utf8').replaceAll(GROUP, group))
    .map((document) => document.toJS() as KubernetesObject)
    .filter((object) => !isForOthers(object))
const filesIn = (directory: string): string[] =>
  readdirSync(directory).flatMap((file) => (file.endsWith('.yaml') ? [join(directory, file)] : []))

const files = [...filesIn(join(root, 'dist')), ...filesIn(join(root, 'test', 'constructs', 'golden'))]
const sets = files.map((file) => ({ file: file.slice(root.length + 1), objects: read(file) }))
const definitions = sets.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'CustomResourceDefinition'))

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'manifests')
const client: Client = connect(await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} }), {
  environment: {},
})
const clusterObjects: KubernetesObject[] = []

/** The object where this test may have it: namespaces are the only objects of the cluster beside definitions. */
function placed(object: KubernetesObject): KubernetesObject {
  const { namespace: _, ...metadata } = object.metadata
  if (object.kind === 'CustomResourceDefinition') return object
  if (object.kind === 'Namespace')
    return { ...object, metadata: { ...metadata, name: `${namespace}-${metadata.name}` } }
  return { ...object, metadata: { ...metadata, namespace } }
}

beforeAll(async () => {
  await installForeignDefinitions(controlPlane, ['podmonitors', 'prometheusrules'])
  for (const definition of definitions) {
    clusterObjects.push(definition)
    await client.apply(definition, { fieldManager: MANAGER })
  }
  for (;;) {
    const { status } = await controlPlane.request('GET', `/apis/${group}/v1/databases`)
    if (status === 200) return
    await delay(100)
  }
})
afterAll(async () => {
  for (const { apiVersion, kind, metadata } of clusterObjects) {
    await client.delete({ apiVersion, kind, name: metadata.name })
  }
  client.transport.close()
})

/** The object as a LIST has it, which is how a run reads it. */
async function listed({ apiVersion, kind, metadata }: KubernetesObject): Promise<KubernetesObject> {
  const within = metadata.namespace === undefined ? {} : { namespace: metadata.namespace }
  const { items } = await client.list({ apiVersion, kind, ...within, fieldSelector: `metadata.name=${metadata.name}` })
  return items[0] as KubernetesObject
}

async function expectUnchanged(object: KubernetesObject): Promise<void> {
  await client.apply(object, { fieldManager: MANAGER })
  for (;;) {
    const live = await listed(object)
    const again = await client.apply(object, { fieldManager: MANAGER, dryRun: true })
    // A controller was faster: both must be about the same object.
    if ((await listed(object)).metadata.resourceVersion !== live.metadata.resourceVersion) continue
    expect(compare(live, again, MANAGER)).toEqual({ verdict: 'unchanged', differences: [] })
    expect(certify(object, live, MANAGER)).toEqual({ unchanged: true })
    return
  }
}

describe.each(sets)('the manifests of $file', ({ objects }) => {
  test.each(objects.map((object) => ({ what: `${object.kind} ${object.metadata.name}`, object })))(
    '$what is certified when it is applied again',
    async ({ object }) => {
      const sent = placed(object)
      if (sent.kind === 'Namespace') clusterObjects.push(sent)
      await expectUnchanged(sent)
    },
  )

  const databases = objects.filter(({ kind }) => kind === 'Database')
  if (databases.length === 0) return
  test('are certified with their owner, too', async () => {
    for (const database of databases) {
      const { metadata } = await listed(placed(database))
      const children = objects.filter(
        ({ kind, metadata: { labels } }) =>
          kind !== 'Database' && labels?.['app.kubernetes.io/instance'] === database.metadata.name,
      )
      for (const child of children) {
        const sent = ownedBy(placed(child), metadata.name, metadata.uid ?? '')
        // As the server would store it. Stored, it would be the garbage collector's to judge.
        const live = await client.apply(sent, { fieldManager: MANAGER, dryRun: true })
        expect(certify(sent, live, MANAGER), `${child.kind} ${child.metadata.name}`).toEqual({ unchanged: true })
      }
    }
  })
})
