import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { completedBy, immutableChanges, withFieldsOf } from '../../src/plan/immutable.ts'
import { IMMUTABLE_CASES } from './immutable-cases.ts'
import type { RecordedReply } from './immutable-cases.ts'

const REPLIES = JSON.parse(readFileSync(join(import.meta.dirname, 'immutable-replies.json'), 'utf8')) as Readonly<
  Record<string, RecordedReply>
>

describe('a refusal by a real server', () => {
  test.each(IMMUTABLE_CASES.map((change) => [change.title, change] as const))('for %s', (title, { after, fields }) => {
    const reply = REPLIES[title]
    if (reply === undefined)
      throw new Error(`no reply is recorded for ${title}: run the test beside this with UPDATE_GOLDEN=1`)
    expect(reply.status).toBe(422)
    const found = immutableChanges(reply.causes, after, reply.live, 'cdk8s-database')
    expect(found?.map((names) => names.join('.')) ?? []).toEqual(
      fields.map((field) => (field === 'spec.resources.requests.storage' ? 'spec.resources' : field)),
    )
  })
})

const live = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: {
    name: 'web',
    managedFields: [
      {
        manager: 'us',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsV1: { 'f:spec': { 'f:podManagementPolicy': {} } },
      },
    ],
  },
  spec: {
    serviceName: 'web',
    podManagementPolicy: 'Parallel',
    revisionHistoryLimit: 10,
    volumeClaimTemplates: [
      {
        kind: 'PersistentVolumeClaim',
        spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
}
const desired = (spec: object): typeof live => ({
  ...live,
  metadata: { ...live.metadata },
  spec: spec as (typeof live)['spec'],
})
const spec = [{ reason: 'FieldValueForbidden', field: 'spec' }]

describe('a cause that names no better field than spec', () => {
  test('is about what differs, in other words than the live object or not', () => {
    const sameSize = [{ spec: { resources: { requests: { storage: '1024Mi' } } } }]
    expect(
      immutableChanges(spec, desired({ serviceName: 'other', volumeClaimTemplates: sameSize }), live, 'them'),
    ).toEqual([['spec', 'serviceName']])
  })

  test('is about a field that goes because it was ours', () => {
    expect(immutableChanges(spec, desired({ serviceName: 'web' }), live, 'us')).toEqual([
      ['spec', 'podManagementPolicy'],
    ])
    expect(immutableChanges(spec, desired({ serviceName: 'web' }), live, 'them')).toBeUndefined()
  })

  test('is not recognised where a mutable field is all that differs', () => {
    expect(immutableChanges(spec, desired({ revisionHistoryLimit: 3 }), live, 'them')).toBeUndefined()
  })
})

describe('a refusal that is not recognised', () => {
  test.each([
    ['no cause at all', []],
    ['a cause without a field', [{ reason: 'FieldValueInvalid' }]],
    ['another reason', [{ reason: 'FieldValueRequired', field: 'spec.serviceName' }]],
    ['another field beside it', [...spec, { reason: 'FieldValueInvalid', field: 'metadata.labels' }]],
  ])('has %s', (_title, causes) => {
    expect(immutableChanges(causes, desired({ serviceName: 'other' }), live, 'us')).toBeUndefined()
  })

  test('is about a kind of which nothing is known', () => {
    const other = { ...desired({ serviceName: 'other' }), kind: 'Widget' }
    expect(immutableChanges(spec, other, { ...live, kind: 'Widget' }, 'us')).toBeUndefined()
  })
})

test('what is left of an object without its immutable changes can be judged by the server', () => {
  const changed = desired({ serviceName: 'other', replicas: 1, ordinals: { start: 1 } })
  expect(
    withFieldsOf(changed, live, [
      ['spec', 'serviceName'],
      ['spec', 'ordinals', 'start'],
    ])['spec'],
  ).toEqual({
    serviceName: 'web',
    replicas: 1,
    ordinals: {},
  })
})

test('a value is completed by what the server added, but not by labels that go', () => {
  expect(
    completedBy([{ metadata: { labels: { a: '1' } } }], [{ kind: 'X', metadata: { name: 'n', labels: { b: '2' } } }]),
  ).toEqual([{ kind: 'X', metadata: { name: 'n', labels: { a: '1' } } }])
})
