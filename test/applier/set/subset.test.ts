import { describe, expect, test } from 'vitest'
import type { ApplyItem, ApplySet } from '../../../src/applier/set/apply-set.ts'
import { chooseSubset } from '../../../src/applier/set/subset.ts'

const item = (kind: string, name: string, labels: Record<string, string> = {}): ApplyItem => ({
  object: { apiVersion: 'v1', kind, metadata: { name, labels } },
  reference: { apiVersion: 'v1', kind, name },
})
const database = (name: string, labels: Record<string, string>): ApplySet['databases'][number] =>
  ({
    key: `shop/${name}`,
    resource: item('Database', name, labels),
    children: [item('Service', name)],
    credentials: undefined,
  }) as unknown as ApplySet['databases'][number]
const set: ApplySet = {
  others: [item('ConfigMap', 'a', { team: 'shop' }), item('ConfigMap', 'b')],
  databases: [database('orders', { team: 'shop', tier: 'db' }), database('users', { team: 'id' })],
}
const names = ({ others, databases }: ApplySet): string[] => [
  ...others.map(({ reference }) => reference.name),
  ...databases.map(({ key }) => key),
]

describe('a part of the manifests', () => {
  test.each([
    ['by one label', { selector: 'team=shop' }, ['a', 'shop/orders']],
    ['by the presence of a label', { selector: 'tier' }, ['shop/orders']],
    ['by all of several labels', { selector: 'team=shop, tier=db' }, ['shop/orders']],
    [
      'by kind and name, whatever the case of the kind',
      { only: ['database/users', 'ConfigMap/b'] },
      ['b', 'shop/users'],
    ],
    ['as everything where nothing was asked for', {}, ['a', 'b', 'shop/orders', 'shop/users']],
  ])('is chosen %s', (_, subset, expected) => {
    expect(names(chooseSubset(set, subset))).toEqual(expected)
  })

  test('brings the children of a chosen Database along', () => {
    expect(chooseSubset(set, { only: ['Database/orders'] }).databases[0]?.children).toHaveLength(1)
  })

  test.each([
    [{ selector: 'team=nobody' }, 'no object of the manifests is chosen'],
    [{ selector: 'team in (a)' }, 'cannot be read'],
    [{ only: ['orders'] }, 'is not a kind and a name'],
  ])('%j is refused in words', (subset, message) => {
    expect(() => chooseSubset(set, subset)).toThrow(message)
  })
})
