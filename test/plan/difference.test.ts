import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differences as locate } from '../../src/plan/difference.ts'
import type { FieldDifference } from '../../src/plan/difference.ts'
import { isSameJson } from '../../src/plan/json-equality.ts'

/** Differences as people read them. */
const differences = (before: unknown, after: unknown): FieldDifference[] =>
  locate(before, after).map(({ path, before: left, after: right }) => ({ path, before: left, after: right }))

describe('differences', () => {
  test('are none where only the order of keys differs', () => {
    expect(differences({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([])
  })

  test('tell added, removed and changed fields apart', () => {
    expect(differences({ gone: 1, same: 2, other: 'a' }, { same: 2, other: 'b', added: 3 })).toEqual([
      { path: 'added', before: undefined, after: 3 },
      { path: 'gone', before: 1, after: undefined },
      { path: 'other', before: 'a', after: 'b' },
    ])
  })

  test('take an absent field and an undefined one for the same', () => {
    expect(differences({ a: undefined }, {})).toEqual([])
  })

  test('show null, false and empty for what they are', () => {
    expect(differences({ a: null, b: false, c: '' }, { a: 0, b: null, c: [] }).map(({ path }) => path)).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('write keys with dots and slashes in brackets', () => {
    const [found] = differences({}, { metadata: { labels: { 'app.kubernetes.io/name': 'x' } } })
    expect(found?.path).toBe('metadata')
    const labels = (value: string): object => ({
      metadata: { labels: { 'app.kubernetes.io/name': value, plain: 'x' } },
    })
    expect(differences(labels('a'), labels('b'))).toEqual([
      { path: 'metadata.labels["app.kubernetes.io/name"]', before: 'a', after: 'b' },
    ])
  })

  test('compare lists of named items by name, not by position', () => {
    const before = {
      containers: [
        { name: 'db', image: 'a' },
        { name: 'proxy', image: 'p' },
      ],
    }
    const after = {
      containers: [
        { name: 'proxy', image: 'p' },
        { name: 'db', image: 'b' },
        { name: 'new', image: 'n' },
      ],
    }
    expect(differences(before, after)).toEqual([
      { path: 'containers[name=db].image', before: 'a', after: 'b' },
      { path: 'containers[name=new]', before: undefined, after: { name: 'new', image: 'n' } },
    ])
  })

  test('show a list whose items only changed places', () => {
    const [one, two] = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]
    expect(differences({ env: [one, two] }, { env: [two, one] })).toEqual([
      { path: 'env', before: [one, two], after: [two, one] },
    ])
  })

  test('do not lose a change where two items of a list have the same key', () => {
    const ports = (first: string, second: string): object => ({
      ports: [
        { port: 53, protocol: first },
        { port: 53, protocol: second },
      ],
    })
    expect(differences(ports('TCP', 'UDP'), ports('SCTP', 'UDP'))).toEqual([
      { path: 'ports[0].protocol', before: 'TCP', after: 'SCTP' },
    ])
  })

  test('compare plain lists of equal length by position, others as a whole', () => {
    expect(differences({ args: ['a', 'b'] }, { args: ['a', 'c'] })).toEqual([
      { path: 'args[1]', before: 'b', after: 'c' },
    ])
    expect(differences({ args: ['a'] }, { args: ['a', 'b'] })).toEqual([
      { path: 'args', before: ['a'], after: ['a', 'b'] },
    ])
  })

  test('show a list that became something else', () => {
    expect(differences({ a: [] }, { a: {} })).toEqual([{ path: 'a', before: [], after: {} }])
  })

  test('are none exactly where two values are the same, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        expect(differences(left, left)).toEqual([])
        expect(differences(left, right).length === 0).toBe(isSameJson(left, right))
      }),
    )
  })

  test('are found in lists of named items, for any two lists', () => {
    const item = fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.integer({ min: 0, max: 2 }) })
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), fc.array(item, { maxLength: 4 }), (left, right) => {
        expect(differences({ list: left }, { list: right }).length === 0).toBe(isSameJson(left, right))
      }),
    )
  })

  test('say where they are in segments too', () => {
    const before = { list: [{ name: 'a', value: 1 }], plain: [1, 2], labels: { 'a/b': 'x', c: 'y' } }
    const after = { list: [{ name: 'a', value: 2 }], plain: [1, 3], labels: { 'a/b': 'z', c: 'y' } }
    expect(locate(before, after).map(({ segments }) => segments)).toEqual([
      [{ field: 'labels' }, { field: 'a/b' }],
      [{ field: 'list' }, { key: { name: 'a' } }, { field: 'value' }],
      [{ field: 'plain' }, { index: 1 }],
    ])
  })
})
