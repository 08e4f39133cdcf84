/** Databases in every situation that a health check must tell apart, with the status that `decide` writes in it. */
import type { Database } from '../../src/api/database.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { decide } from '../../src/phases/decide.ts'
import type { World } from '../../src/phases/world.ts'
import { manifest, manifestsOf } from '../constructs/manifests-of.ts'
import { anUnreadyPod, deployingWorld, newWorld, NOW, readyWorld, secondsAfter, seenWorld } from '../phases/worlds.ts'

/** What a tool that asks makes of a situation. */
export interface Situation {
  /** Status and beginning of the message in Argo CD. */
  readonly argoCd: readonly [status: string, message: string]
  /** Status in Flux, with the expressions of gitops/flux. `Unknown`: an expression cannot be evaluated, Flux waits. */
  readonly flux: 'Current' | 'InProgress' | 'Failed' | 'Unknown'
  readonly object: KubernetesObject
}

/** By file name in testdata. */
export function situations(): Readonly<Record<string, Situation>> {
  const pulling = anUnreadyPod({
    bootstrap: { state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } },
  })
  const stalled: World = { ...deployingWorld(pulling), now: secondsAfter(NOW, 700) }
  const paused = (world: World): World => ({
    ...world,
    database: { ...world.database, spec: { ...world.database.spec, paused: true } },
  })
  const deleted = (world: World): World => ({
    ...world,
    database: { ...world.database, metadata: { ...world.database.metadata, deletionTimestamp: NOW } },
  })
  return {
    new: { argoCd: ['Healthy', 'Nobody walks'], flux: 'Unknown', object: withoutStatus() },
    'new-reconciled': {
      argoCd: ['Progressing', 'Nothing has been made'],
      flux: 'Unknown',
      object: withoutStatus({ children: 'reconciled' }),
    },
    pending: { argoCd: ['Progressing', ''], flux: 'InProgress', object: written(newWorld()) },
    provisioning: { argoCd: ['Progressing', ''], flux: 'InProgress', object: written(seenWorld()) },
    deploying: { argoCd: ['Progressing', ''], flux: 'InProgress', object: written(deployingWorld(pulling)) },
    ready: { argoCd: ['Healthy', 'AllChecksPassed: '], flux: 'Current', object: written(readyWorld()) },
    stalled: { argoCd: ['Degraded', ''], flux: 'Failed', object: written(stalled) },
    'credentials-lost': {
      argoCd: ['Degraded', 'CredentialsMissingForExistingData: '],
      flux: 'Failed',
      object: written(
        readyWorld({ credentials: { secretName: 'orders-credentials', source: 'generated', state: 'absent' } }),
      ),
    },
    paused: { argoCd: ['Suspended', 'spec.paused'], flux: 'Current', object: written(paused(readyWorld())) },
    'paused-new': { argoCd: ['Suspended', 'spec.paused'], flux: 'InProgress', object: written(paused(newWorld())) },
    deleting: {
      argoCd: ['Progressing', 'The Database is being'],
      flux: 'InProgress',
      object: written(deleted(readyWorld())),
    },
    'old-generation': {
      argoCd: ['Progressing', 'The status is about generation 1, the spec is generation 2'],
      flux: 'InProgress',
      object: changed(written(readyWorld())),
    },
  }
}

/** The construct's resource as the server returns it before anybody has written a status. */
function withoutStatus({ children = 'rendered' }: { children?: 'rendered' | 'reconciled' } = {}): KubernetesObject {
  const resource = manifest(
    manifestsOf('orders', {
      image: 'postgres:16.4-bookworm',
      databaseName: 'orders',
      username: 'orders_app',
      storage: { size: '10Gi' },
      children,
    }),
    'Database',
  )
  const { apiVersion, kind, metadata, ...rest } = resource
  const { annotations, labels, name, namespace } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      annotations,
      creationTimestamp: NOW,
      generation: 1,
      labels,
      name,
      namespace,
      resourceVersion: '4711',
      uid: '5b0a3c1e-6c5d-4f0e-9a53-0d5c1f0f7a11',
    },
    ...rest,
  } as KubernetesObject
}

/** The same with the status that follows from a world. */
function written(world: World): KubernetesObject {
  const { database }: { database: Database } = world
  const object = withoutStatus()
  const { deletionTimestamp } = database.metadata
  const gone = deletionTimestamp === undefined ? {} : { deletionGracePeriodSeconds: 0, deletionTimestamp }
  const finalizers = deletionTimestamp === undefined ? {} : { finalizers: ['foregroundDeletion'] }
  const paused = database.spec.paused === true ? { paused: true } : {}
  return {
    ...object,
    metadata: { ...object.metadata, ...gone, ...finalizers },
    spec: { ...(object['spec'] as object), ...paused },
    status: decide(world).status,
  }
}

/** After a change of the spec that nobody has acted on. */
function changed(object: KubernetesObject): KubernetesObject {
  return {
    ...object,
    metadata: { ...object.metadata, generation: 2 },
    spec: { ...(object['spec'] as object), image: 'postgres:16.5-bookworm' },
  }
}
