import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { conflictsOf, parseServerPath } from '../../src/plan/field-conflict.ts'
import { formatPath } from '../../src/plan/field-path.ts'

const object = (spec: object, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'orders', ...metadata },
  spec,
})

describe('the path of a conflict', () => {
  test.each([
    ['.spec.replicas', 'spec.replicas'],
    ['.spec.containers[name="post]gres"].image', 'spec.containers[name=post]gres].image'],
    ['.spec.ports[port=5432,protocol="TCP"].targetPort', 'spec.ports[port=5432,protocol=TCP].targetPort'],
    ['.metadata.finalizers[="a.b/c"]', 'metadata.finalizers["a.b/c"]'],
    ['.spec.rules[0].verbs', 'spec.rules[0].verbs'],
  ])('%s is read', (text, path) => {
    expect(formatPath(parseServerPath(text))).toBe(path)
  })
})

describe('conflicts', () => {
  test('tell both values, and who wrote the live one, how and when', () => {
    const managedFields = [
      { manager: 'tool', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      {
        manager: 'scaler',
        operation: 'Update',
        subresource: 'scale',
        time: '2026-11-21T16:00:00Z',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    ]
    const found = conflictsOf(
      [{ field: '.spec.replicas', manager: 'scaler' }],
      object({ replicas: 1 }),
      object({ replicas: 3 }, { managedFields }),
    )
    expect(found).toEqual([
      {
        path: 'spec.replicas',
        segments: [{ field: 'spec' }, { field: 'replicas' }],
        ours: 1,
        live: 3,
        owners: [{ manager: 'scaler', operation: 'Update', subresource: 'scale', time: '2026-11-21T16:00:00Z' }],
      },
    ])
  })

  test('of two managers about one field are one conflict; one that is unknown is told by its name', () => {
    const causes = ['a', 'b'].map((manager) => ({ field: '.spec.replicas', manager }))
    const found = conflictsOf(causes, object({ replicas: 1 }), undefined)
    expect(found.map(({ owners }) => owners)).toEqual([
      [
        { manager: 'a', operation: '' },
        { manager: 'b', operation: '' },
      ],
    ])
  })

  test('about a label with dots find its value and its owner', () => {
    const labels = { 'app.kubernetes.io/name': 'ours' }
    const live = object(
      {},
      {
        labels: { 'app.kubernetes.io/name': 'theirs' },
        managedFields: [
          {
            manager: 'other',
            operation: 'Update',
            fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app.kubernetes.io/name': {} } } },
          },
        ],
      },
    )
    const [found] = conflictsOf(
      [{ field: '.metadata.labels.app.kubernetes.io/name', manager: 'other' }],
      object({}, { labels }),
      live,
    )
    expect(found).toMatchObject({
      path: 'metadata.labels["app.kubernetes.io/name"]',
      ours: 'ours',
      live: 'theirs',
      owners: [{ manager: 'other', operation: 'Update' }],
    })
  })
})
