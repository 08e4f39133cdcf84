import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ManagedFieldsEntry } from '../../src/api/object.ts'
import { certify } from '../../src/plan/certificate.ts'
import { MANAGER, fixtureOf } from './recording.ts'
import type { Recording } from './recording.ts'
import { TRAPS } from './traps.ts'

describe('the certificate, from what a server answered', () => {
  test.each(Object.entries(TRAPS))('is right about %s', (name, { refused }) => {
    const { desired, live } = JSON.parse(readFileSync(fixtureOf(name), 'utf8')) as Recording
    expect(certify(desired, live, MANAGER)).toEqual(
      refused === undefined ? { unchanged: true } : { unchanged: false, because: refused[0], path: refused[1] },
    )
  })
})

const entry = (fieldsV1: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager: MANAGER,
  operation: 'Apply',
  apiVersion: 'example.com/v1',
  fieldsV1: fieldsV1 as Record<string, unknown>,
  ...more,
})

const sample = (spec: unknown, metadata: object = {}): KubernetesObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Sample',
  metadata: { name: 'x', ...metadata },
  ...(spec === undefined ? {} : { spec }),
})

/** The certificate of a custom resource, of which no schema is known. */
const certificateOf = (
  desired: unknown,
  live: unknown,
  owned: object,
  ...others: readonly ManagedFieldsEntry[]
): string => {
  const managedFields = [entry({ 'f:spec': owned }), ...others]
  const certificate = certify(sample(desired), sample(live, { managedFields }), MANAGER)
  return certificate.unchanged ? 'unchanged' : `${certificate.because}: ${certificate.path}`
}

describe('the certificate of a kind that nobody knows', () => {
  test('takes values as they are written', () => {
    const owned = { 'f:a': {} }
    expect(certificateOf({ a: 'x' }, { a: 'x', defaulted: 1 }, owned)).toBe('unchanged')
    for (const [desired, live] of [
      ['1000m', '1'],
      [1, '1'],
      ['', undefined],
      [null, undefined],
      [false, undefined],
      [0, false],
      [{}, undefined],
      [[], undefined],
      [[], {}],
      [{}, { b: 1 }],
      [null, 'x'],
    ]) {
      expect(certificateOf({ a: desired }, { a: live }, owned), JSON.stringify([desired, live])).not.toBe('unchanged')
    }
  })

  test('takes a value of null that is stored for the same', () => {
    expect(certificateOf({ a: null }, { a: null }, { 'f:a': {} })).toBe('unchanged')
  })

  test('takes 1 and 1.0 for one number, and trusts no number that loses digits when it is read', () => {
    const read = (text: string): unknown => JSON.parse(text) as unknown
    expect(certificateOf({ a: read('1.0') }, { a: read('1') }, { 'f:a': {} })).toBe('unchanged')
    expect(certificateOf({ a: read('0.1') }, { a: read('1e-1') }, { 'f:a': {} })).toBe('unchanged')
    for (const wrap of [(value: unknown) => value, (value: unknown) => [{ deep: value }]]) {
      const [desired, live] = [read('9007199254740992'), read('9007199254740993')]
      expect(certificateOf({ a: wrap(desired) }, { a: wrap(live) }, { 'f:a': {} })).toBe(
        'the live value differs: spec.a',
      )
    }
  })

  test('compares a list that has one owner as a whole, in its order', () => {
    const owned = { 'f:a': {} }
    expect(certificateOf({ a: [{ x: 1, y: 2 }, 3] }, { a: [{ y: 2, x: 1 }, 3] }, owned)).toBe('unchanged')
    expect(certificateOf({ a: [1, 2] }, { a: [2, 1] }, owned)).toBe('the live value differs: spec.a')
    expect(certificateOf({ a: [{ x: 1 }] }, { a: [{ x: 1, y: 2 }] }, owned)).toBe('the live value differs: spec.a')
  })

  test('does not take a full structure for one owner’s because it was applied empty', () => {
    expect(certificateOf({ a: { b: 1 } }, { a: { b: 1 } }, { 'f:a': {} })).toBe('how it is owned is not known: spec.a')
  })

  test('does not take a list for one owner’s of which somebody else owns items', () => {
    const theirs = entry({ 'f:spec': { 'f:a': { 'v:1': {} } } }, { manager: 'other', operation: 'Update' })
    expect(certificateOf({ a: [1] }, { a: [1] }, { 'f:a': {} }, theirs)).toBe('how it is owned is not known: spec.a')
  })

  test('does not know which fields a manager of another version owns', () => {
    const theirs = entry({ 'f:spec': {} }, { manager: 'other', apiVersion: 'example.com/v2' })
    expect(certificateOf({ a: [1] }, { a: [1] }, { 'f:a': {} }, theirs)).toBe('how it is owned is not known: spec.a')
    expect(certificateOf({ a: 1 }, { a: 1 }, { 'f:a': {} }, theirs)).toBe('unchanged')
  })

  test('finds items of a set and of keyed lists', () => {
    const items = { 'k:{"name":"a"}': { '.': {}, 'f:name': {} }, 'k:{"name":"b","side":1}': {} }
    expect(certificateOf({ a: ['y', 'x'] }, { a: ['w', 'y', 'x'] }, { 'f:a': { 'v:"x"': {}, 'v:"y"': {} } })).toBe(
      'unchanged',
    )
    expect(
      certificateOf(
        { a: [{ name: 'a' }] },
        { a: [{ name: 'z' }, { name: 'a' }] },
        { 'f:a': { 'k:{"name":"a"}': items['k:{"name":"a"}'] } },
      ),
    ).toBe('unchanged')
    expect(certificateOf({ a: [{ name: 'a' }] }, { a: [{ name: 'a' }] }, { 'f:a': items })).toBe(
      'the apply would give it up: spec.a[name=b,side=1]',
    )
  })

  test('sees an item that is there twice, ours or in our list', () => {
    const owned = { 'f:a': { 'v:"x"': {}, 'v:"y"': {} } }
    expect(certificateOf({ a: ['x', 'x'] }, { a: ['x', 'y'] }, owned)).toBe(
      'the list has items of the same key: spec.a',
    )
    expect(certificateOf({ a: ['x', 'y'] }, { a: ['x', 'y', 'x'] }, owned)).toBe(
      'the list has items of the same key: spec.a',
    )
  })

  test('does not take a list for ours that is owned by index, nor one that is none', () => {
    expect(certificateOf({ a: [1] }, { a: [1] }, { 'f:a': { 'i:0': {} } })).toBe('how it is owned is not known: spec.a')
    expect(certificateOf({ a: [1] }, { a: 1 }, { 'f:a': { 'v:1': {} } })).toBe('the live value differs: spec.a')
    expect(certificateOf({ a: 1 }, { a: 1 }, { 'f:a': { 'f:b': {} } })).toBe('the apply would give it up: spec.a')
  })

  test('takes an undefined field for none', () => {
    expect(certificateOf({ a: 1, b: undefined }, { a: 1 }, { 'f:a': {} })).toBe('unchanged')
    expect(
      certify(
        { ...sample({ a: 1 }), status: undefined },
        sample({ a: 1 }, { managedFields: [entry({ 'f:spec': { 'f:a': {} } })] }),
        MANAGER,
      ),
    ).toEqual({
      unchanged: true,
    })
  })
})

describe('the certificate of a whole object', () => {
  const managedFields = [entry({ 'f:spec': { 'f:a': {} } })]
  const live = sample({ a: 1 }, { uid: 'u', resourceVersion: '7', namespace: 'n', managedFields })
  const because = (desired: KubernetesObject, from = live): string => {
    const certificate = certify(desired, from, MANAGER)
    return certificate.unchanged ? 'unchanged' : certificate.because
  }

  test('takes name, namespace and preconditions for what they are', () => {
    expect(because(sample({ a: 1 }))).toBe('unchanged')
    expect(because(sample({ a: 1 }, { namespace: 'n', uid: 'u', resourceVersion: '7', creationTimestamp: null }))).toBe(
      'unchanged',
    )
    expect(because(sample({ a: 1 }, { name: 'y' }))).toBe('the name differs')
    expect(because(sample({ a: 1 }, { namespace: 'm' }))).toBe('the namespace differs')
    expect(because(sample({ a: 1 }, { uid: 'v' }))).toBe('the uid differs')
    expect(because(sample({ a: 1 }, { resourceVersion: '6' }))).toBe('the resourceVersion differs')
    expect(because(sample({ a: 1 }, { generation: 1 }))).toBe('metadata.generation is for the server to write')
    expect(because({ ...sample({ a: 1 }), kind: 'Other' })).toBe('the kind or its version differs')
  })

  test('is about our entry: this manager’s, applied, to the object itself, in this version', () => {
    const first = 'the apply would own it for the first time'
    for (const more of [
      { manager: 'other' },
      { operation: 'Update' },
      { subresource: 'status' },
      { apiVersion: 'v2' },
    ]) {
      const theirs = sample({ a: 1 }, { managedFields: [entry({ 'f:spec': { 'f:a': {} } }, more)] })
      expect(because(sample({ a: 1 }), theirs), JSON.stringify(more)).toBe(first)
    }
    expect(because(sample({ a: 1 }), sample({ a: 1 }))).toBe(first)
  })

  test('is given without an entry to an object that is nothing but its name', () => {
    expect(because(sample(undefined), sample({ a: 1 }))).toBe('unchanged')
    expect(because(sample(undefined))).toBe('the apply would give it up')
  })

  test('never shows a value', () => {
    const secret = certify(sample({ a: 'hunter2' }), sample({ a: 'hunter3' }, { managedFields }), MANAGER)
    expect(JSON.stringify(secret)).not.toContain('hunter')
  })
})
