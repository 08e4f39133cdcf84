import { setTimeout as delay } from 'node:timers/promises'
import type { ObjectReference } from '../api/object.ts'
import type { ClusterApi } from './cluster-api.ts'

const FIRST_LOOK_MS = 50
const LONGEST_LOOK_MS = 1000

/**
 * Waits until the server serves the kind of a CustomResourceDefinition. It takes a moment after the object exists.
 * @throws where the signal is aborted first
 */
export async function waitUntilEstablished(
  api: ClusterApi,
  reference: ObjectReference,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_MS)) {
    const live = await api.get(reference)
    const status = live?.['status'] as { conditions?: { type: string; status: string; message?: string }[] } | undefined
    const condition = (type: string): { status: string; message?: string } | undefined =>
      status?.conditions?.find((entry) => entry.type === type)
    if (condition('Established')?.status === 'True') return
    await delay(pauseMs, undefined, { signal })
  }
}
