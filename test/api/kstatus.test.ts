import { describe, expect, test } from 'vitest'
import { objectStatus, waitingReason } from '../../src/api/kstatus.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

type Parts = { readonly metadata?: object; readonly spec?: object; readonly status?: object }

const GROUPS: Readonly<Record<string, string>> = {
  StatefulSet: 'apps/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  Database: 'database.example.com/v1',
  Widget: 'example.com/v1',
}

const object = (kind: string, { metadata, ...rest }: Parts): KubernetesObject => ({
  apiVersion: GROUPS[kind] ?? 'v1',
  kind,
  metadata: { name: 'orders', ...metadata },
  ...rest,
})
const conditions = (type: string, status: string, more: object = {}): object[] => [{ type, status, ...more }]
const waiting = (reason: string): object => ({ state: { waiting: { reason } } })
const REVISIONS = { currentRevision: 'a', updateRevision: 'a' }

describe('the status of', () => {
  test.each<[title: string, kind: string, parts: Parts, word: string, message: string]>([
    [
      'something being deleted',
      'ConfigMap',
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
      'Terminating',
      'is being deleted',
    ],
    ['something without a status', 'ConfigMap', {}, 'Current', ''],
    [
      'a generation that nobody observed',
      'Widget',
      { metadata: { generation: 2 }, status: { observedGeneration: 1 } },
      'InProgress',
      'generation 2 is not observed yet (1 is)',
    ],
    [
      'Stalled',
      'Widget',
      { status: { conditions: conditions('Stalled', 'True', { reason: 'NoQuota', message: 'none left' }) } },
      'Failed',
      'NoQuota: none left',
    ],
    ['Stalled that is over', 'Widget', { status: { conditions: conditions('Stalled', 'False') } }, 'Current', ''],
    [
      'Reconciling',
      'Widget',
      { status: { conditions: conditions('Reconciling', 'True', { reason: 'Rollout' }) } },
      'InProgress',
      'Rollout',
    ],
    ['Ready', 'Widget', { status: { conditions: conditions('Ready', 'True') } }, 'Current', ''],
    [
      'not Ready',
      'Widget',
      { status: { conditions: conditions('Ready', 'False', { message: 'soon' }) } },
      'InProgress',
      'soon',
    ],
    [
      'Ready that is unknown',
      'Widget',
      { status: { conditions: conditions('Ready', 'Unknown') } },
      'InProgress',
      'not ready',
    ],
    [
      'a StatefulSet that no controller saw',
      'StatefulSet',
      { spec: { replicas: 1 } },
      'InProgress',
      'not observed yet',
    ],
    [
      'a StatefulSet that starts',
      'StatefulSet',
      { spec: { replicas: 1 }, status: { observedGeneration: 1, ...REVISIONS } },
      'InProgress',
      '0/1 ready',
    ],
    [
      'a StatefulSet that is up',
      'StatefulSet',
      { spec: {}, status: { observedGeneration: 1, readyReplicas: 1, ...REVISIONS } },
      'Current',
      '1/1 ready',
    ],
    [
      'a StatefulSet that rolls',
      'StatefulSet',
      {
        spec: { replicas: 1 },
        status: { observedGeneration: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      },
      'InProgress',
      '0/1 updated',
    ],
    [
      'a StatefulSet of none',
      'StatefulSet',
      { spec: { replicas: 0 }, status: { observedGeneration: 1, ...REVISIONS } },
      'Current',
      '0/0 ready',
    ],
    ['a claim that is bound', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Current', 'bound'],
    ['a claim that waits', 'PersistentVolumeClaim', {}, 'InProgress', 'pending'],
    ['a claim whose volume is lost', 'PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Failed', 'lost'],
    [
      'a pod that is ready',
      'Pod',
      { status: { phase: 'Running', conditions: conditions('Ready', 'True') } },
      'Current',
      'ready',
    ],
    ['a pod that has ended well', 'Pod', { status: { phase: 'Succeeded' } }, 'Current', 'completed'],
    ['a pod that was evicted', 'Pod', { status: { phase: 'Failed', message: 'evicted' } }, 'Failed', 'evicted'],
    [
      'a pod that cannot pull',
      'Pod',
      { status: { phase: 'Pending', containerStatuses: [waiting('ErrImagePull')] } },
      'InProgress',
      'ErrImagePull',
    ],
    [
      'a definition that is served',
      'CustomResourceDefinition',
      { status: { conditions: conditions('Established', 'True') } },
      'Current',
      'established',
    ],
    ['a definition that is new', 'CustomResourceDefinition', {}, 'InProgress', 'not established yet'],
    ['a Database that nobody runs', 'Database', {}, 'InProgress', 'no status yet: nothing runs its phases'],
    [
      'a Database that is ready',
      'Database',
      { status: { phase: 'Ready', conditions: conditions('Ready', 'True') } },
      'Current',
      'Ready',
    ],
    [
      'a Database on its way',
      'Database',
      { status: { phase: 'Deploying', conditions: conditions('Ready', 'False', { reason: 'PodsStarting' }) } },
      'InProgress',
      'PodsStarting',
    ],
  ])('%s', (_title, kind, parts, word, message) => {
    expect(objectStatus(object(kind, parts))).toMatchObject({ word, message })
  })

  test('what does not exist', () => {
    expect(objectStatus(undefined).word).toBe('NotFound')
  })

  test('anything, whatever nonsense its status holds', () => {
    for (const status of [
      'text',
      7,
      [],
      { conditions: 'none' },
      { conditions: [null, 'x'] },
      { conditions: {} },
      { containerStatuses: 'x' },
    ]) {
      for (const kind of ['Pod', 'StatefulSet', 'Database', 'Widget', 'PersistentVolumeClaim', 'Service']) {
        const nonsense = { ...object(kind, {}), status }
        expect(() => objectStatus(nonsense)).not.toThrow()
      }
    }
  })
})

describe('why a pod waits', () => {
  test('is told for init containers first, and not for the wait for them', () => {
    const status = {
      initContainerStatuses: [waiting('CrashLoopBackOff')],
      containerStatuses: [waiting('PodInitializing')],
    }
    expect(waitingReason(object('Pod', { status }))).toBe('CrashLoopBackOff')
    expect(
      waitingReason(object('Pod', { status: { containerStatuses: [waiting('PodInitializing')] } })),
    ).toBeUndefined()
  })
})
