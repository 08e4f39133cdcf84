/** Items taken out of a list's text are the items that a parser of the whole text finds. */
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ListItems } from '../../src/cluster/list-items.ts'

interface List {
  readonly items: readonly unknown[] | null
}

/** @param cuts how many characters each part has, over and over */
function read(
  text: string,
  cuts: readonly number[] = [text.length],
  withoutManagers = false,
): { items: unknown[]; rest: string } {
  const items: unknown[] = []
  const reader = new ListItems({ take: (item) => items.push(item), withoutManagers })
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = Math.max(1, cuts[turn % cuts.length] ?? 1)
    reader.write(text.slice(at, at + size))
    at += size
  }
  return { items, rest: reader.end() }
}

/** What a reader of the rest finds beside what was taken. */
function allOf({ items, rest }: { items: unknown[]; rest: string }): unknown[] {
  const { items: left } = JSON.parse(rest) as List
  return [...items, ...(left ?? [])]
}

/** As Go writes what has a type: the list's kind first, items without theirs. */
const typed = (items: readonly object[]): string =>
  `${JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items })}\n`

/** As Go writes custom resources: every key in the order of the alphabet. */
const untyped = (items: readonly object[]): string =>
  `${JSON.stringify({
    apiVersion: 'example.com/v1',
    items: items.map((item) => ({ apiVersion: 'example.com/v1', kind: 'Widget', ...item })),
    kind: 'WidgetList',
    metadata: { continue: 'abc', resourceVersion: '7' },
  })}\n`

const named = (name: string, more: object = {}): object => ({ metadata: { name, ...more } })

describe.each([
  ['of a type', typed],
  ['of a custom resource', untyped],
])('a list %s', (_, write) => {
  const text = write([named('a'), named('b'), named('c')])

  it.each([[1], [7], [1000]])('is taken apart, %i characters at a time', (size) => {
    const { items, rest } = read(text, [size])
    expect(items).toEqual((JSON.parse(text) as List).items)
    expect(JSON.parse(rest)).toEqual({ ...(JSON.parse(text) as List), items: [] })
  })

  it.each([0, 1])('of %i items is no exception', (count) => {
    const short = write([named('a')].slice(0, count))
    expect(allOf(read(short, [3]))).toEqual((JSON.parse(short) as List).items)
  })
})

test.each([
  ['that hold what stands between two', [named('a', { labels: [{ x: {} }, { metadata: { y: 1 } }] }), named('b')]],
  ['that quote it', [named('a', { note: '},{"metadata":{' }), named('b', { note: String.raw`\"},{\"metadata\":{` })]],
  ['that hold lists', [named('a', { items: [named('x'), named('y')] }), named('b', { items: [] })]],
])('items %s are not cut there', (_, items) => {
  const text = typed(items)
  for (const size of [1, 5, 64, text.length]) expect(read(text, [size]).items).toEqual(items)
})

test.each([
  ['a refusal', '{"kind":"Status","status":"Failure","code":403}'],
  ['null', '{"kind":"ConfigMapList","items":null}'],
  ['spaces', '{ "kind": "ConfigMapList", "items": [ { "metadata": { "name": "a" } } ] }'],
  ['items that begin otherwise', '{"kind":"ConfigMapList","items":[{"data":{},"metadata":{"name":"a"}}]}'],
  ['no JSON', '<html>"items":[</html>'],
  ['nothing', ''],
])('a text with %s is left as it is', (_, text) => {
  expect(read(text, [4])).toEqual({ items: [], rest: text })
})

test.each(['{"items":[{"metadata":{"name":"a"}},{"metadata":{"na', '{"items":[{"metadata":{"name":"a"}}'])(
  'a list that breaks off is no list: %s',
  (text) => {
    expect(() => JSON.parse(read(text, [9]).rest) as unknown).toThrow(SyntaxError)
  },
)

test('whatever the items are and wherever the text is cut, they are those of the whole text', () => {
  const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false })
  const piece = fc.constantFrom(
    '},{"metadata":{',
    '}]',
    ',{"',
    '"items":[',
    String.raw`\"`,
    '{"metadata":{"name":"n"}}',
  )
  const nasty = fc.oneof(value, piece, fc.array(fc.record({ metadata: fc.record({ name: piece }) }), { maxLength: 3 }))
  const item = fc.record({ metadata: fc.record({ name: fc.string(), more: nasty }), data: nasty })
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(typed, untyped),
      (items, cuts, write) => {
        const text = write(items)
        expect(allOf(read(text, cuts))).toEqual((JSON.parse(text) as List).items)
      },
    ),
    { numRuns: 2000 },
  )
})

describe('a list of metadata', () => {
  const fields = { 'f:metadata': { 'f:labels': { 'k:{"name":"},{"}': {} } } }
  const managed = (name: string): object => ({
    name,
    annotations: { note: 'not this: ,"managedFields":[ and not }]}} this' },
    managedFields: [{ manager: 'someone', fieldsV1: fields }],
  })
  const kind = 'PartialObjectMetadata'
  const one = (metadata: object): object => ({ kind, apiVersion: 'meta.k8s.io/v1', metadata })
  const items = [one(managed('a')), one({ name: 'b' }), one(managed('c'))]
  const metadata = { resourceVersion: '7' }
  const text = `${JSON.stringify({ kind: `${kind}List`, apiVersion: 'meta.k8s.io/v1', metadata, items })}\n`
  const { managedFields: _, ...rest } = managed('a') as { managedFields: unknown }

  it('keeps the managers of its objects for those who ask for them', () => {
    expect(read(text).items).toEqual(items)
  })

  it.each([[1], [7], [1000]])(
    'is taken apart without the managers of its objects where nobody asks, %i characters at a time',
    (size) => {
      const taken = read(text, [size], true)
      expect(taken.items).toEqual([one(rest), one({ name: 'b' }), one({ ...rest, name: 'c' })])
      expect(JSON.parse(taken.rest)).toMatchObject({ items: [], metadata })
    },
  )
})
