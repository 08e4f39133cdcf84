/** Every kind with rules of its own, beside what upstream and the corrections say. */
import { describe, expect, test } from 'vitest'
import { isCurrentByExisting, isCustom, objectStatus } from '../../src/api/kstatus.ts'
import type { StatusKnowledge } from '../../src/api/kstatus.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

type Case = readonly [title: string, spec: object, status: object | undefined, word: string, told: string | RegExp]

const of = (apiVersion: string, kind: string, spec: object, status: object | undefined): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'shop', namespace: 'shop', generation: 1 },
  spec,
  ...(status === undefined ? {} : { status }),
})

const condition = (type: string, status = 'True', more: object = {}): object => ({ type, status, ...more })
const conditions = (...list: object[]): object => ({ conditions: list })

function table(apiVersion: string, kind: string, cases: readonly Case[], knowledge: StatusKnowledge = {}): void {
  test.each(cases)(`${kind}: %s`, (_title, spec, status, word, told) => {
    const found = objectStatus(of(apiVersion, kind, spec, status), knowledge)
    expect(found.word).toBe(word)
    expect(`${found.reason ?? ''} ${found.message}`).toMatch(told)
  })
}

const rolledOut = (count: number): object => ({
  observedGeneration: 1,
  replicas: count,
  updatedReplicas: count,
  readyReplicas: count,
  availableReplicas: count,
})
const complete = conditions(
  condition('Available'),
  condition('Progressing', 'True', { reason: 'NewReplicaSetAvailable' }),
)
const deadline = { progressDeadlineSeconds: 600 }

describe('rollouts', () => {
  table('apps/v1', 'Deployment', [
    ['no controller saw it', {}, undefined, 'InProgress', /NotObserved/],
    ['of none is not observed before its status', { replicas: 0 }, {}, 'InProgress', /NotObserved/],
    ['of none', { replicas: 0, ...deadline }, { ...rolledOut(0), ...complete }, 'Current', /0\/0/],
    ['complete', { replicas: 2, ...deadline }, { ...rolledOut(2), ...complete }, 'Current', /2\/2 available/],
    [
      'an older generation is observed',
      {},
      { ...rolledOut(1), ...complete, observedGeneration: 0 },
      'InProgress',
      /LatestGenerationNotObserved/,
    ],
    [
      'some are not of the new template',
      { replicas: 2 },
      { ...rolledOut(2), ...complete, updatedReplicas: 1 },
      'InProgress',
      /LessUpdated 1\/2 updated/,
    ],
    [
      'old pods have yet to end',
      { replicas: 2 },
      { ...rolledOut(2), ...complete, replicas: 3 },
      'InProgress',
      /ExtraPods 1 old pod still to end/,
    ],
    [
      'scaled down, pods still there',
      { replicas: 1 },
      { ...rolledOut(3), ...complete },
      'InProgress',
      /ExtraPods 2 old pods/,
    ],
    [
      'some are not ready',
      { replicas: 2 },
      { ...rolledOut(2), ...complete, readyReplicas: 1, availableReplicas: 1 },
      'InProgress',
      /LessReady 1\/2 ready/,
    ],
    [
      'ready, but not for minReadySeconds',
      { replicas: 1, minReadySeconds: 30 },
      { ...rolledOut(1), ...complete, availableReplicas: 0 },
      'InProgress',
      /LessAvailable 0\/1 available \(ready for 30 s\)/,
    ],
    [
      'the controller is not through',
      { replicas: 1, ...deadline },
      {
        ...rolledOut(1),
        ...conditions(condition('Available'), condition('Progressing', 'True', { reason: 'ReplicaSetUpdated' })),
      },
      'InProgress',
      /ReplicaSetNotAvailable/,
    ],
    [
      'without a deadline nobody says Progressing',
      { replicas: 1, progressDeadlineSeconds: 2147483647 },
      { ...rolledOut(1), ...conditions(condition('Available')) },
      'Current',
      /1\/1/,
    ],
    [
      'not available',
      { replicas: 1 },
      { ...rolledOut(1), ...conditions(condition('Available', 'False')) },
      'InProgress',
      /DeploymentNotAvailable/,
    ],
    [
      'made no progress in time',
      { replicas: 1, ...deadline },
      {
        observedGeneration: 1,
        ...conditions(
          condition('Progressing', 'False', {
            reason: 'ProgressDeadlineExceeded',
            message: 'ReplicaSet "shop-1" has timed out progressing.',
          }),
        ),
      },
      'Failed',
      /ProgressDeadlineExceeded ReplicaSet "shop-1" has timed out/,
    ],
    [
      'may not create pods',
      { replicas: 1 },
      {
        observedGeneration: 1,
        ...conditions(
          condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota: small' }),
        ),
      },
      'InProgress',
      /FailedCreate exceeded quota/,
    ],
    ['is paused', { replicas: 1, paused: true }, { observedGeneration: 1 }, 'Current', /Paused/],
  ])

  table('apps/v1', 'ReplicaSet', [
    ['not observed', {}, undefined, 'InProgress', /NotObserved/],
    ['complete', { replicas: 1 }, { ...rolledOut(1), fullyLabeledReplicas: 1 }, 'Current', /1\/1 available/],
    ['lacks labels', { replicas: 1 }, rolledOut(1), 'InProgress', /LessLabelled/],
    ['not ready', { replicas: 2 }, { ...rolledOut(1), fullyLabeledReplicas: 2 }, 'InProgress', /LessReady 1\/2/],
    [
      'not available',
      { replicas: 1 },
      { ...rolledOut(1), fullyLabeledReplicas: 1, availableReplicas: 0 },
      'InProgress',
      /LessAvailable/,
    ],
    ['too many', { replicas: 1 }, { ...rolledOut(2), fullyLabeledReplicas: 1 }, 'InProgress', /ExtraPods/],
    [
      'may not create pods',
      { replicas: 1 },
      {
        observedGeneration: 1,
        ...conditions(condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'no' })),
      },
      'InProgress',
      /FailedCreate/,
    ],
  ])

  const revisions = (updated: number): object => ({
    currentRevision: 'a',
    updateRevision: 'b',
    updatedReplicas: updated,
  })
  const onDelete = { updateStrategy: { type: 'OnDelete' } }
  const partitioned = (partition: number, more: object = {}): object => ({
    replicas: 3,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
    ...more,
  })
  table('apps/v1', 'StatefulSet', [
    ['complete', { replicas: 3 }, rolledOut(3), 'Current', /3\/3 ready/],
    [
      'ready, but not for minReadySeconds',
      { replicas: 1, minReadySeconds: 10 },
      { ...rolledOut(1), availableReplicas: 0 },
      'InProgress',
      /LessAvailable 0\/1 available \(ready for 10 s\)/,
    ],
    ['scales down', { replicas: 1 }, rolledOut(2), 'InProgress', /ExtraPods/],
    [
      'with OnDelete is not current while pods are not ready',
      { replicas: 2, ...onDelete },
      { ...rolledOut(2), readyReplicas: 1 },
      'InProgress',
      /LessReady 1\/2/,
    ],
    [
      'with OnDelete waits for nobody to delete pods',
      { replicas: 2, ...onDelete },
      { ...rolledOut(2), ...revisions(1) },
      'Current',
      /OnDelete .*1\/2 updated/,
    ],
    ['with OnDelete and all updated', { replicas: 2, ...onDelete }, rolledOut(2), 'Current', /2\/2 ready/],
    [
      'with a partition waits for those above it',
      partitioned(1),
      { ...rolledOut(3), ...revisions(1) },
      'InProgress',
      /PartitionRollout 1\/2 updated \(partition 1\)/,
    ],
    [
      'with a partition and those above it updated',
      partitioned(1),
      { ...rolledOut(3), ...revisions(2) },
      'Current',
      /PartitionRollout/,
    ],
    [
      'with a partition, but not ready',
      partitioned(1),
      { ...rolledOut(3), ...revisions(2), readyReplicas: 2 },
      'InProgress',
      /LessReady/,
    ],
    [
      'with a partition above all pods',
      partitioned(9),
      { ...rolledOut(3), ...revisions(0) },
      'Current',
      /PartitionRollout/,
    ],
    [
      'with a partition and ordinals that start later',
      partitioned(12, { ordinals: { start: 10 } }),
      { ...rolledOut(3), ...revisions(0) },
      'InProgress',
      /0\/1 updated/,
    ],
    ['rolls', { replicas: 3 }, { ...rolledOut(3), ...revisions(2) }, 'InProgress', /LessUpdated 2\/3/],
  ])

  const scheduled = (count: number, more: object = {}): object => ({
    observedGeneration: 1,
    desiredNumberScheduled: count,
    currentNumberScheduled: count,
    updatedNumberScheduled: count,
    numberReady: count,
    numberAvailable: count,
    ...more,
  })
  table('apps/v1', 'DaemonSet', [
    ['not observed', {}, undefined, 'InProgress', /NotObserved/],
    ['complete', {}, scheduled(2), 'Current', /2\/2/],
    ['no node wants it', {}, scheduled(0), 'Current', /0\/0/],
    ['not on every node', {}, scheduled(2, { currentNumberScheduled: 1 }), 'InProgress', /LessScheduled 1\/2/],
    ['rolls', {}, scheduled(2, { updatedNumberScheduled: 1 }), 'InProgress', /LessUpdated/],
    ['not ready', {}, scheduled(2, { numberReady: 1 }), 'InProgress', /LessReady/],
    [
      'not available',
      { minReadySeconds: 5 },
      scheduled(2, { numberAvailable: 1 }),
      'InProgress',
      /LessAvailable 1\/2 available \(ready for 5 s\)/,
    ],
    ['with OnDelete, old pods left', onDelete, scheduled(2, { updatedNumberScheduled: 1 }), 'Current', /OnDelete/],
    [
      'with OnDelete, not ready',
      onDelete,
      scheduled(2, { updatedNumberScheduled: 1, numberReady: 1 }),
      'InProgress',
      /LessReady/,
    ],
  ])
})

describe('work that ends', () => {
  table('batch/v1', 'Job', [
    ['not started', {}, undefined, 'InProgress', /JobNotStarted/],
    [
      'running is not current',
      { completions: 3 },
      { startTime: 'now', active: 1, succeeded: 1, failed: 2 },
      'InProgress',
      /JobInProgress 1\/3 completed, 1 active, 2 failed/,
    ],
    [
      'complete',
      {},
      { startTime: 'now', succeeded: 1, ...conditions(condition('SuccessCriteriaMet'), condition('Complete')) },
      'Current',
      /1\/1 completed/,
    ],
    [
      'failed',
      {},
      conditions(
        condition('Failed', 'True', {
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
        }),
      ),
      'Failed',
      /BackoffLimitExceeded Job has reached/,
    ],
    [
      'about to fail',
      {},
      conditions(condition('FailureTarget', 'True', { reason: 'DeadlineExceeded' })),
      'Failed',
      /DeadlineExceeded/,
    ],
    ['suspended', { suspend: true }, {}, 'Current', /Suspended/],
  ])

  table('v1', 'Pod', [
    [
      'cannot be scheduled',
      {},
      {
        phase: 'Pending',
        ...conditions(
          condition('PodScheduled', 'False', { reason: 'Unschedulable', message: '0/1 nodes are available' }),
        ),
      },
      'InProgress',
      /Unschedulable 0\/1 nodes/,
    ],
    [
      'runs, not ready',
      {},
      { phase: 'Running', ...conditions(condition('Ready', 'False')) },
      'InProgress',
      /PodNotReady running/,
    ],
    ['its node is away', {}, { phase: 'Unknown' }, 'Unknown', /PodUnknown/],
    [
      'evicted',
      {},
      { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      'Failed',
      /Evicted low on memory/,
    ],
  ])
})

describe('what others wait for', () => {
  const pending = { phase: 'Pending' }
  table('v1', 'PersistentVolumeClaim', [['nobody knows its class', {}, pending, 'InProgress', /ClaimPending/]])
  table(
    'v1',
    'PersistentVolumeClaim',
    [
      ['a pod of the set will use it', {}, pending, 'InProgress', /WaitForFirstConsumer waits for the pod/],
      ['bound', {}, { phase: 'Bound' }, 'Current', /bound/],
    ],
    { firstConsumer: 'coming' },
  )
  table(
    'v1',
    'PersistentVolumeClaim',
    [
      ['no pod of the set uses it', {}, pending, 'Current', /WaitForFirstConsumer/],
      ['lost', {}, { phase: 'Lost' }, 'Failed', /ClaimLost/],
    ],
    { firstConsumer: 'none' },
  )

  table('v1', 'Service', [
    ['inside the cluster', { type: 'ClusterIP' }, { loadBalancer: {} }, 'Current', /^ $/],
    [
      'a load balancer without an address',
      { type: 'LoadBalancer' },
      { loadBalancer: {} },
      'InProgress',
      /LoadBalancerPending/,
    ],
    [
      'a load balancer with an address',
      { type: 'LoadBalancer' },
      { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      'Current',
      /address/,
    ],
    [
      'a load balancer with addresses of its own',
      { type: 'LoadBalancer', externalIPs: ['192.0.2.1'] },
      {},
      'Current',
      /address/,
    ],
  ])

  const accepted = condition('NamesAccepted')
  table('apiextensions.k8s.io/v1', 'CustomResourceDefinition', [
    ['new', {}, undefined, 'InProgress', /Installing/],
    [
      'being installed',
      {},
      conditions(accepted, condition('Established', 'False', { reason: 'Installing' })),
      'InProgress',
      /Installing/,
    ],
    ['established', {}, conditions(accepted, condition('Established')), 'Current', /established/],
    [
      'its names are taken',
      {},
      conditions(
        condition('NamesAccepted', 'False', { reason: 'PluralConflict', message: '"widgets" is already in use' }),
        condition('Established', 'False', { reason: 'NotAccepted' }),
      ),
      'Failed',
      /PluralConflict "widgets" is already in use/,
    ],
    [
      'established, but its new names are taken',
      {},
      conditions(condition('NamesAccepted', 'False', { reason: 'ShortNamesConflict' }), condition('Established')),
      'Failed',
      /ShortNamesConflict/,
    ],
    [
      'cannot be served',
      {},
      conditions(accepted, condition('Established', 'False', { reason: 'NotServed' })),
      'Failed',
      /NotServed/,
    ],
  ])

  table('apiregistration.k8s.io/v1', 'APIService', [
    ['new', {}, undefined, 'InProgress', /NotAvailable/],
    [
      'its server does not answer',
      {},
      conditions(condition('Available', 'False', { reason: 'MissingEndpoints', message: 'no endpoints' })),
      'InProgress',
      /MissingEndpoints no endpoints/,
    ],
    ['answers', {}, conditions(condition('Available')), 'Current', /available/],
  ])

  table('policy/v1', 'PodDisruptionBudget', [
    ['not observed', {}, undefined, 'InProgress', /NotObserved/],
    [
      'computed, although no pod may go',
      {},
      { observedGeneration: 1, ...conditions(condition('DisruptionAllowed', 'False', { reason: 'InsufficientPods' })) },
      'Current',
      /computed/,
    ],
    [
      'cannot be computed',
      {},
      {
        observedGeneration: 1,
        ...conditions(condition('DisruptionAllowed', 'False', { reason: 'SyncFailed', message: 'no controller' })),
      },
      'InProgress',
      /SyncFailed no controller/,
    ],
  ])
  table('v1', 'Namespace', [['active', {}, { phase: 'Active' }, 'Current', /^ $/]])
})

describe('custom resources', () => {
  const widget = 'example.com/v1'
  table(widget, 'Widget', [
    ['of which nothing is known', {}, undefined, 'Current', /^ $/],
    [
      'not ready for a passing reason',
      {},
      { observedGeneration: 1, ...conditions(condition('Ready', 'False', { reason: 'Creating', message: 'soon' })) },
      'InProgress',
      /Creating soon/,
    ],
    [
      'not ready because of its spec',
      {},
      {
        observedGeneration: 1,
        ...conditions(condition('Ready', 'False', { reason: 'InvalidSpec', message: 'no such size' })),
      },
      'Failed',
      /InvalidSpec no such size/,
    ],
    [
      'not ready because of a spec that may be an older one',
      {},
      conditions(condition('Ready', 'False', { reason: 'InvalidSpec' })),
      'InProgress',
      /InvalidSpec/,
    ],
    [
      'ready before the change',
      {},
      conditions(condition('Ready', 'True', { observedGeneration: 0 })),
      'InProgress',
      /LatestGenerationNotObserved/,
    ],
    [
      'stalled before the change',
      {},
      conditions(condition('Stalled', 'True', { observedGeneration: 0 })),
      'Current',
      /^ $/,
    ],
  ])
  table(
    widget,
    'Widget',
    [
      ['no controller has seen it', {}, undefined, 'InProgress', /NoStatusYet no controller has written a status yet/],
      ['an empty status is none', {}, {}, 'InProgress', /NoStatusYet/],
      ['any status counts', {}, { phase: 'Running' }, 'Current', /^ $/],
      ['ready', {}, conditions(condition('Ready')), 'Current', /^ $/],
    ],
    { hasStatusSubresource: true },
  )
  table(
    'generators.external-secrets.io/v1alpha1',
    'Password',
    [['has a status that nobody ever writes', {}, undefined, 'Current', /^ $/]],
    { hasStatusSubresource: true },
  )
  table('serving.knative.dev/v1', 'Service', [
    ['is no Service of the server', { type: 'LoadBalancer' }, conditions(condition('Ready')), 'Current', /^ $/],
  ])
  table('batch.volcano.sh/v1alpha1', 'Job', [
    ['is no Job of the server', {}, { observedGeneration: 1 }, 'Current', /^ $/],
  ])
})

describe('kinds that are current by existing', () => {
  test.each([
    ['v1', 'ConfigMap'],
    ['v1', 'Secret'],
    ['v1', 'Namespace'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['batch/v1', 'CronJob'],
  ])('%s %s', (apiVersion, kind) => {
    expect(isCurrentByExisting(apiVersion, kind)).toBe(true)
    expect(isCustom(apiVersion)).toBe(false)
  })

  test.each([
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
    ['v1', 'Node'],
    ['example.com/v1', 'ConfigMap'],
    ['gateway.networking.k8s.io/v1', 'Gateway'],
  ])('not %s %s', (apiVersion, kind) => {
    expect(isCurrentByExisting(apiVersion, kind)).toBe(false)
  })
})
