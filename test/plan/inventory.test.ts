import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  INVENTORY_VERSION,
  exact,
  isSameMembers,
  memberKey,
  memberOf,
  membership,
  merged,
  orphansOf,
  parseMembers,
  serializeMembers,
  sortMembers,
  superset,
} from '../../src/plan/inventory.ts'
import type { Member } from '../../src/plan/inventory.ts'

const secret = (name: string, uid?: string): Member =>
  memberOf({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name }, uid)

const anyMember = fc
  .record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'example.com/v1beta1', 'example.com/v1'),
    kind: fc.constantFrom('Secret', 'Widget'),
    namespace: fc.option(fc.constantFrom('shop', 'till'), { nil: undefined }),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    uid: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
  })
  .map(({ namespace, uid, ...rest }) => memberOf({ ...rest, ...(namespace === undefined ? {} : { namespace }) }, uid))
const anyMembers = fc.array(anyMember, { maxLength: 20 }).map(sortMembers)
const keysOf = (members: readonly Member[]): string[] => members.map(memberKey).toSorted()

describe('a member', () => {
  test('is the same object in every version of its group', () => {
    const old = { apiVersion: 'example.com/v1beta1', kind: 'Widget', namespace: 'shop', name: 'a' }
    expect(memberKey(old)).toBe(memberKey({ ...old, apiVersion: 'example.com/v1' }))
    expect(orphansOf([old], [{ ...old, apiVersion: 'example.com/v1' }])).toEqual([])
  })

  test('is another object in another group, kind or namespace', () => {
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'shop', name: 'a' }
    const others = [{ apiVersion: 'example.org/v1' }, { kind: 'Gadget' }, { namespace: 'till' }, { name: 'b' }]
    for (const other of others) expect(memberKey({ ...widget, ...other })).not.toBe(memberKey(widget))
  })
})

describe('the superset', () => {
  test('knows everything stored and everything desired', () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, (stored, desired) => {
        expect(keysOf(superset(stored, desired))).toEqual(keysOf(sortMembers([...stored, ...desired])))
      }),
    )
  })

  test('keeps an uid only where a finished run left that very object', () => {
    const stored = [secret('same', '1'), secret('gone', '2'), secret('other', '3'), secret('orphan', '4')]
    const desired = [secret('same', '1'), secret('gone'), secret('other', '9'), secret('found', '5')]
    expect(superset(stored, desired)).toEqual([
      secret('found'),
      secret('gone'),
      secret('orphan', '4'),
      secret('other'),
      secret('same', '1'),
    ])
  })

  test('is what is stored already, where the last run came to its end and wants the same', () => {
    fc.assert(
      fc.property(anyMembers, (stored) => {
        expect(isSameMembers(superset(stored, stored), stored)).toBe(true)
      }),
    )
  })
})

describe('the exact set', () => {
  test('holds the desired objects with their uids and what is remembered', () => {
    expect(exact([secret('b', '2')], [secret('a', '1')])).toEqual([secret('a', '1'), secret('b', '2')])
  })

  test('of a run that was not alone forgets nothing', () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, (stored, known) => {
        const keys = keysOf(merged(stored, known))
        expect(keys).toEqual(expect.arrayContaining([...keysOf(stored), ...keysOf(known)]))
      }),
    )
    expect(merged([secret('a'), secret('b')], [secret('b', '2')])).toEqual([secret('a'), secret('b', '2')])
  })
})

describe('the order of members', () => {
  test('is one for everybody, each object once', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        expect(sortMembers(members.toReversed())).toEqual(members)
        expect(new Set(keysOf(members)).size).toBe(members.length)
      }),
    )
  })
})

describe('the stored form', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        expect(parseMembers(JSON.parse(JSON.stringify(serializeMembers(members))))).toEqual(members)
      }),
    )
  })

  test.each([
    ['of a newer version', { version: INVENTORY_VERSION + 1, members: [] }, 'a newer cdk8s-database wrote it'],
    ['without a version', { members: [] }, 'no version that is known'],
    ['without members', { version: 1 }, 'no list of members'],
    ['that is a list', [], 'not a JSON object'],
    ['that is null', null, 'not a JSON object'],
    ['with a member without a name', { version: 1, members: [{ apiVersion: 'v1', kind: 'Secret' }] }, 'member 0'],
    ['with an empty uid', { version: 1, members: [{ ...secret('a'), uid: '' }] }, 'member 0'],
    ['with a numeric namespace', { version: 1, members: [{ ...secret('a'), namespace: 7 }] }, 'member 0'],
  ])('%s is a problem, never an empty set', (_, value, problem) => {
    expect(parseMembers(value)).toContain(problem)
  })
})

describe('membership', () => {
  const inventories = [
    { set: 'shop', namespace: 'one', members: [secret('a')] },
    { set: 'shop', namespace: 'two', members: [secret('b')] },
  ]

  test('names the other set, with the namespace that tells it from a namesake', () => {
    const otherSetOf = membership(inventories, { set: 'shop', namespace: 'one' })
    expect(otherSetOf(secret('b'))).toBe('shop (namespace two)')
    expect(otherSetOf(secret('a'))).toBeUndefined()
    expect(otherSetOf(secret('c'))).toBeUndefined()
  })
})
