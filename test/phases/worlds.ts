import type { Database } from '../../src/api/database.ts'
import { API_VERSION, KIND } from '../../src/api/group.ts'
import type { KubernetesObject, ObjectMeta } from '../../src/api/object.ts'
import type { DatabaseSpec } from '../../src/api/spec.ts'
import type { Condition, ConditionType, DatabaseStatus, Phase } from '../../src/api/status.ts'
import { decide } from '../../src/phases/decide.ts'
import type { Decision } from '../../src/phases/decision.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import { formatTimestamp, parseTimestamp } from '../../src/phases/timestamp.ts'
import type { ChildObservation, World } from '../../src/phases/world.ts'

/** The moment of every world here, unless a test moves it. */
export const NOW = '2026-11-21T12:00:00Z'

/** The revision that the StatefulSet asks for. */
export const REVISION = 'orders-7d9f'

/** A moment some seconds after (or before) another. */
export function secondsAfter(moment: string, seconds: number): string {
  return formatTimestamp((parseTimestamp(moment) ?? 0) + seconds * 1000)
}

export function aDatabase(
  change: { spec?: Partial<DatabaseSpec>; metadata?: Partial<ObjectMeta>; status?: DatabaseStatus } = {},
): Database {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'orders', namespace: 'shop', uid: 'db-uid', generation: 1, ...change.metadata },
    spec: {
      image: 'postgres:16.4-bookworm',
      replicas: 1,
      databaseName: 'orders',
      username: 'orders_app',
      storage: { size: '10Gi', retain: true },
      deletionPolicy: 'Retain',
      ...change.spec,
    } as DatabaseSpec,
    ...(change.status === undefined ? {} : { status: change.status }),
  }
}

export function aChild(
  kind: string,
  name: string,
  stage: ChildObservation['stage'],
  verdict: ChildObservation['verdict'],
  message?: string,
): ChildObservation {
  const object = { apiVersion: kind === 'StatefulSet' ? 'apps/v1' : 'v1', kind, metadata: { name, namespace: 'shop' } }
  return { stage, object, verdict, ...(message === undefined ? {} : { message }) }
}

export function children(verdict: ChildObservation['verdict']): readonly ChildObservation[] {
  return [
    aChild('ServiceAccount', 'orders', 'provisioning', verdict),
    aChild('ConfigMap', 'orders-config', 'provisioning', verdict),
    aChild('StatefulSet', 'orders', 'provisioning', verdict),
    aChild('Service', 'orders', 'configuring', verdict),
    aChild('Service', 'orders-pods', 'configuring', verdict),
  ]
}

/** The children with another verdict for one of them. */
export function childrenWith(kind: string, verdict: ChildObservation['verdict'], message?: string): ChildObservation[] {
  return children('unchanged').map((child) =>
    child.object.kind === kind ? { ...child, verdict, ...(message === undefined ? {} : { message }) } : child,
  )
}

export function aStatefulSet(
  change: { generation?: number; status?: Record<string, unknown>; createdAt?: string } = {},
): KubernetesObject {
  const createdAt = change.createdAt ?? secondsAfter(NOW, -60)
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      uid: 'sts-uid',
      generation: change.generation ?? 1,
      creationTimestamp: createdAt,
      managedFields: [
        { manager: 'cdk8s-database', operation: 'Apply', time: createdAt },
        { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', time: NOW },
      ],
    },
    spec: { replicas: 1 },
    status: {
      observedGeneration: change.generation ?? 1,
      replicas: 1,
      readyReplicas: 1,
      updatedReplicas: 1,
      currentRevision: REVISION,
      updateRevision: REVISION,
      ...change.status,
    },
  }
}

export function aPod(
  change: { uid?: string; revision?: string; metadata?: Partial<ObjectMeta>; status?: Record<string, unknown> } = {},
): KubernetesObject {
  const startedAt = secondsAfter(NOW, -50)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'orders-0',
      namespace: 'shop',
      uid: change.uid ?? 'pod-uid',
      creationTimestamp: startedAt,
      labels: { 'controller-revision-hash': change.revision ?? REVISION },
      ...change.metadata,
    },
    spec: {
      initContainers: [{ name: 'bootstrap', image: 'postgres:16.4-bookworm' }],
      containers: [{ name: 'postgres', image: 'postgres:16.4-bookworm' }],
    },
    status: {
      phase: 'Running',
      startTime: startedAt,
      conditions: [{ type: 'Ready', status: 'True' }],
      initContainerStatuses: [
        { name: 'bootstrap', restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      ],
      containerStatuses: [{ name: 'postgres', restartCount: 0, state: { running: { startedAt } } }],
      ...change.status,
    },
  }
}

/** A pod that is not ready, with the given statuses of its two containers. */
export function anUnreadyPod(
  containers: { bootstrap?: Record<string, unknown>; postgres?: Record<string, unknown> },
  change: { uid?: string; revision?: string; conditions?: readonly Record<string, unknown>[] } = {},
): KubernetesObject {
  const waiting = { restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } }
  return aPod({
    ...change,
    status: {
      phase: 'Pending',
      conditions: change.conditions ?? [{ type: 'Ready', status: 'False' }],
      initContainerStatuses: [{ name: 'bootstrap', ...waiting, ...containers.bootstrap }],
      containerStatuses: [{ name: 'postgres', ...waiting, ...containers.postgres }],
    },
  })
}

/** A phase as another version of this project might have written it. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the very point: the server may hold what we do not know
export const FOREIGN_PHASE = 'Booting' as unknown as Phase

/** Nothing exists but the resource, which nobody has looked at. */
export function newWorld(change: Partial<World> = {}): World {
  return {
    now: NOW,
    database: aDatabase(),
    children: children('create'),
    credentials: { secretName: 'orders-credentials', source: 'generated', state: 'absent' },
    claims: [],
    statefulSet: undefined,
    pods: [],
    events: [],
    dependencies: undefined,
    verification: undefined,
    failure: undefined,
    ...change,
  }
}

/** Pending was shown, nothing exists. */
export function seenWorld(change: Partial<World> = {}): World {
  return shown(newWorld(change))
}

/** Everything runs as desired; nobody has logged in. The status shows Deploying. */
export function runningWorld(change: Partial<World> = {}): World {
  const createdAt = secondsAfter(NOW, -70)
  return shown(
    newWorld({
      database: aDatabase({ status: { phase: 'Deploying', observedGeneration: 1 } }),
      children: children('unchanged'),
      credentials: {
        secretName: 'orders-credentials',
        source: 'generated',
        state: 'complete',
        createdAt,
        changedAt: createdAt,
      },
      claims: [
        {
          name: 'data-orders-0',
          uid: 'claim-uid',
          createdAt: secondsAfter(NOW, -60),
          phase: 'Bound',
          requested: '10Gi',
        },
      ],
      statefulSet: aStatefulSet(),
      pods: [aPod()],
    }),
    change,
  )
}

/** As `runningWorld`, with a rollout that is not complete: the pod is as given. */
export function deployingWorld(pod: KubernetesObject | undefined, change: Partial<World> = {}): World {
  const counts = { replicas: pod === undefined ? 0 : 1, readyReplicas: 0, updatedReplicas: pod === undefined ? 0 : 1 }
  return runningWorld({
    statefulSet: aStatefulSet({ status: counts }),
    pods: pod === undefined ? [] : [pod],
    ...change,
  })
}

/** Ready, by the walk that `decide` itself makes, seen by a run that has made no login of its own. */
export function readyWorld(change: Partial<World> = {}): World {
  let world = runningWorld()
  world = withStatus(world, decide(world))
  world = { ...world, verification: { ok: true, subject: verificationSubject(world), at: NOW, serverVersion: '16.4' } }
  world = withStatus(world, decide(world))
  return { ...world, now: secondsAfter(NOW, 3600), verification: undefined, ...change }
}

/** The world after its status was written. */
export function withStatus(world: World, { status }: Decision): World {
  return { ...world, database: { ...world.database, status } }
}

/** The world with another generation of the spec. */
export function withSpec(world: World, spec: Partial<DatabaseSpec>, generation = 2): World {
  const { database } = world
  return {
    ...world,
    database: {
      ...database,
      metadata: { ...database.metadata, generation },
      spec: { ...database.spec, ...spec },
    },
  }
}

/** The condition of a decision or a status. */
export function condition(of: Decision | DatabaseStatus, type: ConditionType): Condition | undefined {
  const status = 'effects' in of ? of.status : of
  return status.conditions?.find((candidate) => candidate.type === type)
}

/** `True ErrImagePull`: what most tests ask about a condition. */
export function judgement(of: Decision | DatabaseStatus, type: ConditionType): string | undefined {
  const found = condition(of, type)
  return found === undefined ? undefined : `${found.status} ${found.reason}`
}

/** Status and then change, so that a test's own parts are not overwritten by what the walk leaves behind. */
function shown(world: World, change: Partial<World> = {}): World {
  return { ...withStatus(world, decide(world)), ...change }
}
