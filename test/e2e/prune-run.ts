/** A run of an apply set reduced to what pruning is about, and an API that dies at a chosen request. */
import { afterAll } from 'vitest'
import { FIELD_MANAGER } from '../../src/api/group.ts'
import { referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { ClusterApi } from '../../src/applier/cluster/cluster-api.ts'
import type { SetName, StoredInventory } from '../../src/applier/inventory/inventory-objects.ts'
import { readInventory } from '../../src/applier/inventory/inventory-reading.ts'
import { writeExact, writeSuperset } from '../../src/applier/inventory/inventory-store.ts'
import type { StoreOptions } from '../../src/applier/inventory/inventory-store.ts'
import { KubernetesClusterApi } from '../../src/applier/cluster/kubernetes-cluster-api.ts'
import { planPrune, prune, rememberedAfter } from '../../src/applier/inventory/pruning.ts'
import { connect } from '../../src/cluster/connect.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { memberOf } from '../../src/plan/inventory.ts'

/** The product's own view of a cluster; its connections are closed after the test file. */
export async function clusterApi(kubeconfig: string): Promise<ClusterApi> {
  const client = connect(await loadKubeconfig({ flag: kubeconfig, environment: {} }), { environment: {} })
  afterAll(() => client.transport.close())
  return new KubernetesClusterApi(client)
}

/** A ConfigMap as it stands in a manifest. */
export function configMap(namespace: string, name: string, value = 'one'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { made: 'yes' } },
    data: { value },
  }
}

/** What `apply --prune --set` does, in its order, without phases. */
export async function runSet(
  api: ClusterApi,
  name: SetName,
  manifests: readonly KubernetesObject[],
  options: StoreOptions = {},
): Promise<StoredInventory> {
  const stored = await readInventory(api, name)
  const live = await Promise.all(manifests.map((object) => api.get(referenceOf(object))))
  const desired = manifests.map((object, index) => memberOf(referenceOf(object), live[index]?.metadata.uid))
  const planned = await planPrune(api, stored, desired, undefined)
  const before = await writeSuperset(api, stored, desired, options)
  const applied = []
  for (const object of manifests) {
    const { metadata } = await api.apply(object, { manager: FIELD_MANAGER })
    applied.push(memberOf(referenceOf(object), metadata.uid))
  }
  const results = await prune(api, planned, { interrupt: new AbortController().signal })
  return writeExact(api, before, applied, rememberedAfter(planned, results), options)
}

/** The process is gone: nothing is sent any more. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/**
 * An API of a process that is killed at its n-th request, from 1: when it was executed and before its reply was read.
 * @returns the API, and `settled`, which waits for what was under way and tells whether it came to the kill
 */
export function killedAt(api: ClusterApi, request: number): { readonly api: ClusterApi; settled(): Promise<boolean> } {
  let requests = 0
  const underWay: Promise<unknown>[] = []
  const send = async (method: (...values: unknown[]) => Promise<unknown>, values: unknown[]): Promise<unknown> => {
    requests += 1
    if (requests > request) throw new Killed()
    const isLast = requests === request
    const reply = await method(...values)
    if (isLast) throw new Killed()
    return reply
  }
  return {
    api: new Proxy(api, {
      get: (target, key) => {
        const method = Reflect.get(target, key) as (...values: unknown[]) => Promise<unknown>
        return (...values: unknown[]) => {
          const sent = send(method.bind(target), values)
          underWay.push(sent)
          return sent
        }
      },
    }),
    async settled() {
      await Promise.allSettled(underWay)
      return requests >= request
    },
  }
}
