/** A new cluster with what every side takes for granted: definition, namespaces, a warm cache of kubectl. */
import { setTimeout as delay } from 'node:timers/promises'
import { FIELD_MANAGER } from '../src/api/group.ts'
import { startBenchCluster } from './cluster.ts'
import type { BenchCluster } from './cluster.ts'
import type { BenchContext } from './context.ts'
import { collections } from './floor-plan.ts'
import type { ManifestSet } from './manifests.ts'
import { untilQuiet } from './settling.ts'

/** Kinds that kubectl wants to find before it begins; a first apply would be two for it. */
const BEFOREHAND: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'Namespace'])

/** Objects that are there once a namespace can be used. */
const FURNITURE = ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']

const LOOK_EVERY_MS = 100

/** Runs some work in a new cluster, which is gone afterwards. */
export async function withFreshCluster(
  { options: { roundTripMs }, signal, log }: BenchContext,
  sets: readonly ManifestSet[],
  counted: boolean,
  work: (cluster: BenchCluster) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted()
  const cluster = await startBenchCluster({ counted, roundTripMs, log })
  try {
    await furnish(cluster, sets, signal)
    await work(cluster)
  } finally {
    await cluster.stop()
  }
}

async function furnish(cluster: BenchCluster, sets: readonly ManifestSet[], signal: AbortSignal): Promise<void> {
  const { api, controlPlane, kubeconfig } = cluster
  const objects = sets.flatMap((set) => set.objects).filter(({ kind }) => BEFOREHAND.has(kind))
  const collectionOf = await collections(api, objects)
  for (const object of objects) {
    const { name } = object.metadata
    const path = `${collectionOf(object)}/${name}`
    await api.apply(path, object, FIELD_MANAGER)
    if (object.kind === 'Namespace') for (const part of FURNITURE) await untilFound(cluster, `${path}/${part}`, signal)
  }
  await untilFound(cluster, '/apis/database.example.com/v1', signal)
  const { code, stderr } = await controlPlane.kubectl(['api-resources'], { kubeconfig })
  if (code !== 0) throw new Error(`kubectl api-resources: ${stderr}`)
  await untilQuiet(api, signal)
}

async function untilFound({ controlPlane }: BenchCluster, path: string, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(30_000)])
  while ((await controlPlane.request('GET', path)).status !== 200) {
    await delay(LOOK_EVERY_MS, undefined, { signal: deadline })
  }
}
