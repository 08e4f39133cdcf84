import { describe, expect, test } from 'vitest'
import { differences } from '../../src/plan/difference.ts'
import { Masker } from '../../src/plan/masking.ts'
import type { KubernetesObject } from '../../src/api/object.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const SECRET = 'aHVudGVyMg=='

const object = (kind: string, rest: object = {}, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'orders', ...metadata },
  ...rest,
})

const container = (fields: object): KubernetesObject =>
  object('StatefulSet', { spec: { template: { spec: { containers: [{ name: 'postgres', ...fields }] } } } })

/** The differences as they are printed, by both ways: masked afterwards, and of masked objects. */
function masked(
  before: KubernetesObject,
  after: KubernetesObject,
): { path: string; before: unknown; after: unknown }[] {
  const masker = new Masker()
  const ofMasked = differences(masker.maskObject(before), masker.maskObject(after))
  expect(ofMasked.map(({ path }) => path)).toEqual(differences(before, after).map(({ path }) => path))
  const found = new Masker().maskDifferences(after, differences(before, after))
  expect(found).toEqual(ofMasked)
  return found.map((difference) => ({ path: difference.path, before: difference.before, after: difference.after }))
}

describe('masking', () => {
  test('tells that a key of a Secret changed, was added or was removed, and which values are the same', () => {
    const before = object('Secret', { data: { password: SECRET, gone: SECRET } })
    const after = object('Secret', { data: { password: 'b3RoZXI=', added: SECRET } })
    expect(new Masker().maskDifferences(after, differences(before, after))).toMatchObject([
      { path: 'data.added', before: undefined, after: '*** (#1)' },
      { path: 'data.gone', before: '*** (#1)', after: undefined },
      { path: 'data.password', before: '*** (#1)', after: '*** (#2)' },
    ])
  })

  test('gives a value the same number wherever it stands in a run', () => {
    const masker = new Masker()
    const data = masker.maskObject(object('Secret', { data: { password: SECRET } }))
    const text = masker.maskObject(object('Secret', { stringData: { password: 'hunter2' } }))
    const variable = masker.maskObject(container({ env: [{ name: 'PGPASSWORD', value: 'hunter2' }] }))
    const other = masker.maskText('postgres://orders:other@db/shop postgres://orders:hunter2@db/shop')
    expect(data['data']).toEqual({ password: '*** (#1)' })
    expect(text['stringData']).toEqual({ password: '*** (#1)' })
    expect(JSON.stringify(variable)).toContain('"value":"*** (#1)"')
    expect(other).toBe('postgres://orders:*** (#2)@db/shop postgres://orders:*** (#1)@db/shop')
    expect(masker.maskObject(data)).toEqual(data)
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
    [
      'the copy of an object in any annotation',
      object('ConfigMap'),
      object('ConfigMap', {}, { annotations: { copy: JSON.stringify(object('Secret', { data: { a: SECRET } })) } }),
    ],
    [
      'a compressed copy of an object',
      object('ConfigMap'),
      object('ConfigMap', {}, { annotations: { 'objectset.rio.cattle.io/applied': `H4sI${SECRET}` } }),
    ],
    [
      'a Secret within a list',
      object('Bundle', { items: [] }),
      object('Bundle', { items: [object('Secret', { data: { a: SECRET } })] }),
    ],
    [
      'the value of a variable',
      container({ env: [{ name: 'DB_PASSWORD', value: 'old' }] }),
      container({ env: [{ name: 'DB_PASSWORD', value: SECRET }] }),
    ],
    ['a variable that comes', container({ env: [] }), container({ env: [{ name: 'API_TOKEN', value: SECRET }] })],
    [
      'a variable among others that come',
      container({}),
      container({ env: [{ name: 'A' }, { name: 'API_KEY', value: SECRET }] }),
    ],
    ['a header', object('Probe'), object('Probe', { headers: [{ name: 'Authorization', value: SECRET }] })],
    [
      'an argument after its flag',
      container({ args: ['--password', 'old'] }),
      container({ args: ['--password', SECRET] }),
    ],
    [
      'an argument after a flag that changes too',
      container({ args: ['--password', SECRET] }),
      container({ args: ['--verbose', 'yes'] }),
    ],
    [
      'an argument with its flag',
      container({ args: [`--password=old`] }),
      container({ args: [`--password=${SECRET}`] }),
    ],
    ['a field that is called password', object('Widget'), object('Widget', { spec: { adminPassword: SECRET } })],
    ['one of several tokens', object('Widget'), object('Widget', { spec: { token: ['a', SECRET] } })],
    [
      'a key of a ConfigMap that is no text',
      object('ConfigMap', { data: {} }),
      object('ConfigMap', { data: { DB_PASSWORD: { nested: SECRET } } }),
    ],
    ['a connection string', object('Widget'), object('Widget', { spec: { connectionString: SECRET } })],
    ['a key of a ConfigMap', object('ConfigMap', { data: {} }), object('ConfigMap', { data: { DB_PASS: SECRET } })],
    [
      'the password of a URI',
      object('ConfigMap', { data: { config: 'url = postgres://a:b@c/d' } }),
      object('ConfigMap', { data: { config: `url = postgres://a:${SECRET}@c/d` } }),
    ],
    [
      'the password in a file of a ConfigMap',
      object('ConfigMap', { data: { config: 'a = 1' } }),
      object('ConfigMap', { data: { config: `a = 1\npassword: ${SECRET}\n` } }),
    ],
  ])('hides %s', (_title, before, after) => {
    const [found, texts] = [differences(before, after), new Masker()]
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(new Masker().maskDifferences(after, found))).not.toContain(SECRET)
    expect(JSON.stringify(differences(texts.maskObject(before), texts.maskObject(after)))).not.toContain(SECRET)
    expect(JSON.stringify(texts.maskObject(after))).not.toContain(SECRET)
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

  test.each<[string, object]>([
    [
      'where a variable comes from',
      { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'a', key: 'password' } } }] },
    ],
    ['where a secret is mounted', { env: [{ name: 'PGSECRET', value: '/run/secrets/postgresql' }] }],
    ['the file that holds a password', { env: [{ name: 'POSTGRES_PASSWORD_FILE', value: '/a/b' }] }],
    ['names of Secrets', { secretName: 'orders', existingSecret: 'orders', imagePullSecrets: [{ name: 'registry' }] }],
    ['an image', { image: 'registry:5000/postgres:16.3@sha256:abc' }],
    ['parameters', { args: ["password_encryption = 'scram-sha-256'", '--port', '5432'] }],
    ['where a password is to be found', { password: { secretKeyRef: { name: 'orders', key: 'password' } } }],
    ['what is no text', { automountServiceAccountToken: true, replicas: 2, gone: null }],
    ['a reference to a Secret', { secretRef: { kind: 'Secret', name: 'orders' } }],
  ])('leaves %s readable', (_title, fields) => {
    const manifest = container(fields)
    expect(new Masker().maskObject(manifest)).toEqual(manifest)
  })

  test.each(['://a', '://a:', 'eyJ', 'password=', '-----BEGIN PRIVATE KEY-----', "'", String.raw`token:\"`])(
    'takes time in proportion to its length for a text of many %s, made to be slow',
    (piece) => {
      const quickestMs = (length: number): number => {
        const text = piece.repeat(length / piece.length)
        const times = Array.from({ length: 3 }, () => {
          const started = performance.now()
          new Masker().maskText(text)
          return performance.now() - started
        })
        return Math.min(...times)
      }
      // Ten times the text: ten times as long, or a hundred times where each position is looked at from each other.
      expect(quickestMs(50_000)).toBeLessThan(40 * Math.max(quickestMs(5000), 0.5))
    },
  )
})
