import * as fc from 'fast-check'
import { ROTATE_ANNOTATION } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { CONDITION_TYPES, PHASES } from '../../src/api/status.ts'
import type { DatabaseStatus } from '../../src/api/status.ts'
import type { ConfigurationInUse } from '../../src/api/configuration-in-use.ts'
import { verificationSubject } from '../../src/phases/readiness.ts'
import type { SurplusObservation, World } from '../../src/phases/world.ts'
import {
  aDatabase,
  anUnreadyPod,
  aPod,
  aStatefulSet,
  children,
  FOREIGN_PHASE,
  NOW,
  REVISION,
  runningWorld,
  secondsAfter,
} from './worlds.ts'

const GENERATIONS = fc.constantFrom(2, 2, 2, 1, 3)

/** A moment from an hour before to ten minutes after `NOW`; often `NOW` itself. */
const moments = fc.oneof(
  fc.constant(NOW),
  fc.integer({ min: -3600, max: 600 }).map((seconds) => secondsAfter(NOW, seconds)),
)

/** A moment that this machine's clock told. */
const past = fc.integer({ min: -600, max: 0 }).map((seconds) => secondsAfter(NOW, seconds))

/** Mostly the usual value, so that worlds in which much is in order come up often enough. */
const mostly = <T>(usual: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 3, arbitrary })

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })

const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 })

const conditions = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom(...CONDITION_TYPES),
    status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
    observedGeneration: GENERATIONS,
    lastTransitionTime: moments,
    reason: fc.constantFrom('AllChecksPassed', 'NotVerified', 'ErrImagePull', 'ProgressDeadlineExceeded', 'Forbidden'),
    message: fc.constant('said before'),
  }),
  { selector: ({ type }) => type },
)

/** Any status, also one that this version would never write. */
export const statuses: fc.Arbitrary<DatabaseStatus> = fc.record(
  {
    phase: fc.constantFrom(...PHASES, FOREIGN_PHASE),
    ready: fc.boolean(),
    endpoint: fc.constant('orders.shop.svc.cluster.local:5432'),
    secretName: fc.constant('orders-credentials'),
    postgresVersion: fc.constant('16.4'),
    observedGeneration: GENERATIONS,
    retries: fc.integer({ min: 0, max: 9 }),
    nextRetryTime: moments,
    conditions,
  },
  { requiredKeys: [] },
)

const containerStates = fc.oneof(
  fc.constant({}),
  fc
    .constantFrom('ErrImagePull', 'ImagePullBackOff', 'CrashLoopBackOff', 'ContainerCreating', 'PodInitializing')
    .map((reason) => ({ state: { waiting: { reason, message: 'because' } } })),
  moments.map((startedAt) => ({ state: { running: { startedAt } } })),
  fc
    .record({
      exitCode: fc.constantFrom(0, 1, 78),
      message: fc.constantFrom('', 'FATAL: no', 'MajorUpgradeRequired: the data is of 14'),
    })
    .chain((terminated) =>
      fc.constantFrom(
        { state: { terminated } },
        { restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } },
      ),
    ),
)

const pods: fc.Arbitrary<KubernetesObject> = fc
  .record({
    isReady: fc.boolean(),
    revision: fc.constantFrom(REVISION, 'orders-old'),
    uid: fc.constantFrom('pod-a', 'pod-b'),
    isTerminating: fc.boolean(),
    bootstrap: containerStates,
    postgres: containerStates,
    isScheduled: fc.boolean(),
  })
  .map(({ isReady, revision, uid, isTerminating, bootstrap, postgres, isScheduled }) => {
    const metadata = isTerminating ? { deletionTimestamp: NOW } : {}
    if (isReady) return aPod({ revision, uid, metadata })
    const scheduled = [{ type: 'PodScheduled', status: isScheduled ? 'True' : 'False', message: 'no node fits' }]
    const pod = anUnreadyPod({ bootstrap, postgres }, { revision, uid, conditions: scheduled })
    return { ...pod, metadata: { ...pod.metadata, ...metadata } }
  })

const statefulSets = maybe(
  fc
    .record({
      generation: GENERATIONS,
      behind: fc.integer({ min: 0, max: 1 }),
      ready: fc.integer({ min: 0, max: 1 }),
      updated: fc.integer({ min: 0, max: 1 }),
      createdAt: moments,
    })
    .map(({ generation, behind, ready, updated, createdAt }) =>
      aStatefulSet({
        generation,
        createdAt,
        status: { observedGeneration: generation - behind, readyReplicas: ready, updatedReplicas: updated },
      }),
    ),
)

type Verdict = World['children'][number]['verdict']

const anyOf = (...verdictsOf: readonly Verdict[]): fc.Arbitrary<World['children']> =>
  fc
    .array(fc.constantFrom(...verdictsOf), { minLength: 5, maxLength: 5 })
    .map((chosen) => children('unchanged').map((child, index) => ({ ...child, verdict: chosen[index] ?? 'unchanged' })))

const verdicts = fc.oneof(
  { weight: 4, arbitrary: anyOf('create', 'update', 'unchanged', 'unchanged') },
  {
    weight: 3,
    arbitrary: anyOf('create', 'update').map((all) =>
      all.map((child) => (child.stage === 'provisioning' ? { ...child, verdict: 'unchanged' as const } : child)),
    ),
  },
  { weight: 1, arbitrary: anyOf('create', 'conflict', 'refused') },
)

const credentials: fc.Arbitrary<World['credentials']> = fc.record(
  {
    secretName: fc.constant('orders-credentials'),
    source: fc.constantFrom('generated' as const, 'generated' as const, 'existing' as const),
    state: fc.constantFrom('absent' as const, 'incomplete' as const, 'complete' as const, 'complete' as const),
    createdAt: moments,
    changedAt: moments,
    rotation: fc.constantFrom('staged' as const, 'edited' as const, 'possible' as const),
    rotatedFor: fc.constantFrom('monday', 'tuesday'),
  },
  { requiredKeys: ['secretName', 'source', 'state'] },
)

const claims = fc.array(
  fc.record({
    name: fc.constant('data-orders-0'),
    uid: fc.constant('claim-uid'),
    createdAt: moments,
    phase: fc.constantFrom('Pending', 'Bound', 'Lost'),
    requested: fc.constant('10Gi'),
  }),
  { maxLength: 1 },
)

const events = fc.array(
  fc.record({
    kind: fc.constantFrom('StatefulSet', 'Pod', 'PersistentVolumeClaim'),
    name: fc.constantFrom('orders', 'orders-0', 'data-orders-0'),
    reason: fc.constantFrom('FailedCreate', 'FailedMount', 'ProvisioningFailed', 'Unhealthy'),
    message: fc.constant('because'),
    time: moments,
  }),
  { maxLength: 3 },
)

const inOrder = runningWorld()

/** What is left over of a spec that asked for dumps. */
const aCronJob = {
  reference: { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'orders-backup' },
  uid: 'cron-uid',
}

/** Any world, also one that no cluster would show. */
export const worlds: fc.Arbitrary<World> = fc
  .record({
    generation: GENERATIONS,
    isDeleted: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    isPaused: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    hasDependency: fc.constantFrom(false, false, true),
    status: maybe(statuses),
    isVerified: fc.boolean(),
    children: mostly(children('unchanged'), verdicts),
    surplus: mostly<readonly SurplusObservation[]>([], fc.constant([aCronJob])),
    credentials: mostly(inOrder.credentials, credentials),
    claims,
    statefulSet: mostly(inOrder.statefulSet, statefulSets),
    pods: mostly(inOrder.pods, fc.array(pods, { maxLength: 1 })),
    events,
    dependencies: maybe(
      fc.record({
        generation: GENERATIONS,
        at: past,
        results: fc.array(
          fc.record({ name: fc.constant('vault'), available: fc.boolean(), message: fc.constant('unreachable') }),
          { maxLength: 2 },
        ),
      }),
    ),
    login: fc.constantFrom('none', 'skipped', 'ok', 'failed', 'stale'),
    loginAt: past,
    found: mostly<ConfigurationInUse | undefined>(
      undefined,
      fc.constantFrom<ConfigurationInUse>(
        { state: 'in-use' },
        { state: 'not-loaded', message: 'others.' },
        { state: 'refused', message: 'unknown' },
        { state: 'pending-restart', message: 'later' },
        { state: 'not-in-effect', message: 'another' },
      ),
    ),
    failure: rarely(
      fc.record({
        class: fc.constantFrom('transient' as const, 'permanent' as const, 'unknown' as const),
        reason: fc.constant('Unavailable'),
        message: fc.constant('busy'),
        generation: GENERATIONS,
        at: past,
      }),
    ),
    retryRequested: fc.constantFrom(false, false, true),
    request: rarely(fc.constantFrom('monday', 'tuesday')),
  })
  .map(
    ({
      generation,
      request,
      isDeleted,
      isPaused,
      hasDependency,
      status,
      isVerified,
      login,
      loginAt,
      found,
      ...rest
    }) => {
      const database = aDatabase({
        metadata: {
          generation,
          ...(isDeleted ? { deletionTimestamp: NOW } : {}),
          ...(request === undefined ? {} : { annotations: { [ROTATE_ANNOTATION]: request } }),
        },
        spec: {
          ...(isPaused ? { paused: true } : {}),
          ...(hasDependency ? { dependencies: [{ address: 'vault.shop.svc:8200' }] } : {}),
        },
        // A status is never ahead of its resource.
        ...(status === undefined || (status.observedGeneration ?? 0) > generation ? {} : { status }),
      })
      const world: World = { now: NOW, database, verification: undefined, ...rest }
      if (database.status !== undefined && isVerified) database.status.verifiedSubject = verificationSubject(world)
      // Plain objects, as parsed JSON is.
      return structuredClone({ ...world, verification: verification(world, { login, at: loginAt, found }) })
    },
  )

interface Login {
  readonly login: string
  readonly at: string
  readonly found: ConfigurationInUse | undefined
}

function verification(world: World, { login, at, found }: Login): World['verification'] {
  const subject = login === 'stale' ? 'something else' : verificationSubject(world)
  if (login === 'none') return undefined
  if (login === 'skipped') return { ok: 'skipped' }
  return login === 'failed'
    ? { ok: false, subject, at, reason: 'PasswordRejected', message: 'no' }
    : { ok: true, subject, at, serverVersion: '16.4', ...(found === undefined ? {} : { configuration: found }) }
}
