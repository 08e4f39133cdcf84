import type { ObjectReference } from '../api/object.ts'
import { referenceOf } from '../api/object.ts'
import { ChangeSignal } from './cluster/change-signal.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import type { ClusterView } from './cluster/cluster-view.ts'
import { readLive } from './cluster/live-objects.ts'
import type { Candidate } from './deletion-candidates.ts'

/** Objects are looked at again this often, in milliseconds. */
const LOOK_AGAIN_MS = 1000

/**
 * Waits until deleted objects and the pods of their databases are gone, by a few lists a second however many they are.
 * A watch only ends a wait earlier: who may not watch waits all the same.
 * @param keys of the databases
 * @returns the first that is left in the end
 */
export async function untilGone(
  api: ClusterApi,
  view: ClusterView,
  keys: readonly string[],
  deleted: readonly Candidate[],
  ending: AbortSignal,
): Promise<ObjectReference | undefined> {
  const changes = new ChangeSignal()
  const forget = keys.map((key) => view.listen(key, () => changes.notify()))
  view.watch()
  try {
    for (;;) {
      changes.reset()
      await view.read()
      const left = await firstLeft(api, view, keys, deleted)
      if (left === undefined || ending.aborted) return left
      await changes.wait(LOOK_AGAIN_MS, ending)
    }
  } finally {
    for (const stop of forget) stop()
    await view.stop()
  }
}

async function firstLeft(
  api: ClusterApi,
  view: ClusterView,
  keys: readonly string[],
  deleted: readonly Candidate[],
): Promise<ObjectReference | undefined> {
  for (const key of keys) {
    const [pod] = view.objectsOf(key).pods
    if (pod !== undefined) return referenceOf(pod)
  }
  const left = new Set<ObjectReference>()
  const items = deleted.map(({ reference, uid }) => ({ reference, uid, object: { ...reference, metadata: reference } }))
  await readLive(api, items, {
    onLive: (item, live) => {
      const { uid } = item as (typeof items)[number]
      if (live?.metadata.uid === uid) left.add(item.reference)
    },
  })
  return deleted.find(({ reference }) => left.has(reference))?.reference
}
