import { describe, expect, test } from 'vitest'
import { differences } from '../../src/plan/difference.ts'
import { maskDifferences } from '../../src/plan/masking.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const SECRET = 'aHVudGVyMg=='

const object = (kind: string, rest: object = {}, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'orders', ...metadata },
  ...rest,
})

const masked = (before: KubernetesObject, after: KubernetesObject): ReturnType<typeof maskDifferences> =>
  maskDifferences(after, differences(before, after))

describe('masking', () => {
  test('tells that a key of a Secret changed, was added or was removed, and nothing of its values', () => {
    const before = object('Secret', { data: { password: SECRET, gone: SECRET } })
    const after = object('Secret', { data: { password: 'b3RoZXI=', added: SECRET } })
    expect(masked(before, after)).toEqual([
      { path: 'data.added', before: undefined, after: '*** (changed)' },
      { path: 'data.gone', before: '***', after: undefined },
      { path: 'data.password', before: '***', after: '*** (changed)' },
    ])
  })

  test.each<[string, KubernetesObject, KubernetesObject]>([
    ['data that comes as a whole', object('Secret'), object('Secret', { data: { 'tls.key': SECRET } })],
    ['data that goes as a whole', object('Secret', { data: { 'tls.key': SECRET } }), object('Secret')],
    [
      'a key with a dot',
      object('Secret', { data: { 'tls.key': 'x' } }),
      object('Secret', { data: { 'tls.key': SECRET } }),
    ],
    ['stringData', object('Secret'), object('Secret', { stringData: { password: SECRET } })],
    ['an annotation of a Secret', object('Secret'), object('Secret', {}, { annotations: { note: SECRET } })],
    [
      'the copy that kubectl keeps of a Secret',
      object('Secret', {}, { annotations: { [LAST_APPLIED]: 'x' } }),
      object('Secret', {}, { annotations: { [LAST_APPLIED]: SECRET } }),
    ],
    [
      'the copy that kubectl keeps of anything',
      object('ConfigMap', {}, { annotations: { [LAST_APPLIED]: 'x' } }),
      object('ConfigMap', {}, { annotations: { [LAST_APPLIED]: SECRET } }),
    ],
    [
      'the copy among annotations that come as a whole',
      object('ConfigMap'),
      object('ConfigMap', {}, { annotations: { [LAST_APPLIED]: SECRET, note: 'seen' } }),
    ],
    [
      'the copy among annotations that go as a whole',
      object('ConfigMap', {}, { annotations: { [LAST_APPLIED]: SECRET } }),
      object('ConfigMap'),
    ],
  ])('hides %s', (_title, before, after) => {
    const found = masked(before, after)
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found)).not.toContain(SECRET)
  })

  test('leaves everything else readable', () => {
    const before = object('ConfigMap', { data: { size: 'small' } }, { annotations: { note: 'a' } })
    const after = object('ConfigMap', { data: { size: 'large' } }, { annotations: { note: 'b' } })
    expect(masked(before, after)).toEqual([
      { path: 'data.size', before: 'small', after: 'large' },
      { path: 'metadata.annotations.note', before: 'a', after: 'b' },
    ])
    expect(masked(object('Secret', { type: 'a' }), object('Secret', { type: 'b' }))[0]).toMatchObject({
      before: 'a',
      after: 'b',
    })
  })
})
