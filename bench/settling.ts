/** Waits until a cluster has done what was asked of it, so that its work does not count against the next run. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../test/cluster/api-client.ts'

const QUIET_FOR_MS = 1000
/** Leases and the like are renewed all the time. */
const QUIET_WRITES = 5
const SETTLED_WITHIN_MS = 600_000

/** The number of writes that the cluster has seen. */
async function revision(api: ApiClient): Promise<number> {
  const { resourceVersion } = await api.list('/api/v1/namespaces/default/configmaps', { limit: 1 })
  return Number(resourceVersion)
}

/** Waits until hardly anything is written any more. */
export async function untilQuiet(api: ApiClient, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS
  let before = await revision(api)
  while (Date.now() < deadline) {
    await delay(QUIET_FOR_MS, undefined, { signal })
    const now = await revision(api)
    if (now - before <= QUIET_WRITES) return
    before = now
  }
  throw new Error(`the cluster does not come to rest within ${SETTLED_WITHIN_MS / 1000} s`)
}

interface StatefulSetStatus {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
  }
}

/** Waits until every database of these namespaces has its pod, and the cluster is quiet. */
export async function untilSettled(
  api: ApiClient,
  namespaces: readonly string[],
  databases: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS
  for (;;) {
    await untilQuiet(api, signal)
    let settled = 0
    for (const namespace of namespaces) {
      const { items } = await api.list<StatefulSetStatus & { metadata: { name: string } }>(
        `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
      )
      settled += items.filter(isSettled).length
    }
    if (settled === databases) return
    if (Date.now() > deadline) throw new Error(`${settled} of ${databases} databases have a pod that is ready`)
  }
}

function isSettled({ metadata, status }: StatefulSetStatus): boolean {
  return (
    status?.observedGeneration === metadata.generation && status?.readyReplicas === 1 && status.updatedReplicas === 1
  )
}
