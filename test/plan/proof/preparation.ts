import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from '../../cluster/api-client.ts'
import type { ApiClient } from '../../cluster/api-client.ts'
import { sampleDefinition } from './sample-definition.ts'
import { subjectsOf } from './subjects.ts'
import type { Subject } from './subjects.ts'

const SERVED_WITHIN_MS = 30_000

/**
 * Makes a namespace and the custom kind that a proof applies objects of.
 * @param group API group of the custom kind
 */
export async function prepareProof(api: ApiClient, namespace: string, group: string): Promise<Subject[]> {
  await api.apply(`/api/v1/namespaces/${namespace}`, nameOf('v1', 'Namespace', namespace), 'proof')
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await api.apply(`${definitions}/samples.${group}`, sampleDefinition(group), 'proof')
  // A kind is served by and by: when an apply of it works, it is.
  const path = `/apis/${group}/v1/namespaces/${namespace}/samples/first`
  const deadline = Date.now() + SERVED_WITHIN_MS
  for (;;) {
    try {
      await api.apply(path, nameOf(`${group}/v1`, 'Sample', 'first'), 'proof')
      return subjectsOf(group, await ownersIn(api, namespace))
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404) || Date.now() > deadline) throw error
      await delay(100)
    }
  }
}

/** Objects that may own others: whose owner is not there is collected. */
async function ownersIn(api: ApiClient, namespace: string): Promise<[string, string]> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const create = async (name: string): Promise<string> =>
    (await api.create<{ metadata: { uid: string } }>(path, nameOf('v1', 'ConfigMap', name))).metadata.uid
  return [await create('owner'), await create('other')]
}

const nameOf = (apiVersion: string, kind: string, name: string): object => ({ apiVersion, kind, metadata: { name } })
