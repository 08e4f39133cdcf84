/** What Flux says about a Database: its expressions, evaluated by the API server's CEL over statuses from `decide`. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { API_VERSION, GROUP, KIND, PLURAL } from '../../src/api/group.ts'
import { objectStatus } from '../../src/api/kstatus.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { ApiClient, ApiError } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { ROOT } from '../docs/pages.ts'
import { installDefinition } from '../e2e/database.ts'
import { namesOfTestdata, testdata } from './health-files.ts'
import { situations } from './situations.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'flux')
const client = new ApiClient({ ...cluster, token: cluster.adminToken })
const collection = `/apis/${GROUP}/v1/namespaces/${namespace}/${PLURAL}`
const admission = '/apis/admissionregistration.k8s.io/v1'
const policy = `flux-${randomBytes(4).toString('hex')}`

interface Expressions {
  readonly apiVersion: string
  readonly kind: string
  readonly inProgress: string
  readonly failed: string
  readonly current: string
}

const { spec } = parse(readFileSync(join(ROOT, 'gitops', 'flux', 'kustomization.yaml'), 'utf8')) as {
  spec: { healthCheckExprs: Expressions[] }
}
const [expressions] = spec.healthCheckExprs as [Expressions]
const SITUATIONS = situations()

/** Flux knows the object's fields by their names; a comprehension over one item makes them variables here. */
const inFlux = (expression: string): string =>
  `[object.metadata].all(metadata, [object.status].all(status, ${expression}))`

/** Text of the three results, in the order in which Flux asks, for the message of a refusal. */
const RESULTS = (['inProgress', 'failed', 'current'] as const)
  .map((name) => `'${name}=' + (${inFlux(expressions[name])} ? 'true' : 'false')`)
  .join(" + ' ' + ")

/**
 * What Flux makes of a status, by the results of its expressions: the first that is true, in their order; with none
 * `InProgress`. Where one cannot be evaluated, nothing is known and Flux goes on waiting.
 * @see https://github.com/fluxcd/pkg/blob/main/runtime/cel/status_evaluator.go
 */
function wordOf(refusal: string): string {
  const [, inProgress, failed, current] = /inProgress=(\w+) failed=(\w+) current=(\w+)/.exec(refusal) ?? []
  if (inProgress === undefined) return refusal.includes('failed expression') ? 'Unknown' : refusal
  if (inProgress === 'true') return 'InProgress'
  if (failed === 'true') return 'Failed'
  return current === 'true' ? 'Current' : 'InProgress'
}

/** The object of a situation as it stands in this cluster, status included. */
async function stored(name: string, object: KubernetesObject): Promise<KubernetesObject> {
  const { metadata } = object
  const { annotations, labels, generation } = metadata
  const wanted = object['spec'] as object
  // The second generation was another spec before.
  const first = generation === 2 ? { ...wanted, image: 'postgres:16.3-bookworm' } : wanted
  const put = { ...object, metadata: { name, namespace, annotations, labels }, spec: first }
  let live = await client.create<KubernetesObject>(collection, put)
  if (first !== wanted) live = await client.merge(`${collection}/${name}`, { spec: wanted })
  if (object['status'] === undefined) return live
  return await client.replace(`${collection}/${name}/status`, { ...live, status: object['status'] })
}

/** Asks the policy about the status of a stored object. @returns the words of its refusal */
async function ask(live: KubernetesObject): Promise<string> {
  const path = `${collection}/${live.metadata.name}/status?dryRun=All`
  const refusal = await client.replace(path, live).then(
    () => 'accepted',
    (error: unknown) => error,
  )
  if (refusal instanceof ApiError && refusal.message.includes(policy)) return refusal.message
  throw new Error(`the policy did not refuse: ${String(refusal)}`)
}

beforeAll(async () => {
  await installDefinition(cluster)
  await client.create(`${admission}/validatingadmissionpolicies`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: policy },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [GROUP], apiVersions: ['v1'], operations: ['UPDATE'], resources: [`${PLURAL}/status`] },
        ],
      },
      // Only what is asked about, so that the statuses can be written first.
      matchConditions: [{ name: 'asked', expression: 'request.dryRun' }],
      validations: [{ expression: 'false', messageExpression: RESULTS }],
    },
  })
  await client.create(`${admission}/validatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: policy },
    spec: {
      policyName: policy,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    },
  })
})
afterAll(async () => {
  await client.delete(`${admission}/validatingadmissionpolicybindings/${policy}`)
  await client.delete(`${admission}/validatingadmissionpolicies/${policy}`)
  client.close()
})

describe('the health check for Flux', () => {
  test('is about our resource', () => {
    expect(expressions).toMatchObject({ apiVersion: API_VERSION, kind: KIND })
  })

  test.each(namesOfTestdata())('says what is expected of a database that is %s', async (name) => {
    const object = testdata(name)
    const live = await stored(name, object)
    // What stands in testdata is what a server stores: nothing added, nothing dropped.
    expect(live['spec']).toEqual(object['spec'])
    expect(live['status']).toEqual(object['status'])
    expect(live.metadata.generation).toBe(object.metadata.generation)
    // A new policy takes a moment to be known to the server.
    const word = wordOf(await vi.waitFor(() => ask(live), { timeout: 20_000, interval: 100 }))
    expect(word).toBe(SITUATIONS[name]?.flux)
    if (object['status'] === undefined) return
    const { word: ours } = objectStatus(live)
    expect(ours).toBe(word)
  })
})
