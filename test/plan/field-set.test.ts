import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countFields, differenceOf, unionOf, withoutFields } from '../../src/plan/field-set.ts'
import type { FieldSet } from '../../src/plan/managed-fields.ts'

const data = (...names: string[]): FieldSet => ({
  'f:data': Object.fromEntries(names.map((name) => [`f:${name}`, {}])),
})
const container = (name: string, ...fields: string[]): FieldSet => ({
  [`k:{"name":"${name}"}`]: { '.': {}, ...Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
})

const nodes: fc.Arbitrary<FieldSet> = fc.letrec<{ node: FieldSet }>((tie) => ({
  node: fc.dictionary(
    fc.constantFrom('.', 'f:a', 'f:b', 'f:c'),
    fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('node')),
    {
      maxKeys: 3,
    },
  ),
})).node

/** Every path that a set owns. */
function members(set: FieldSet, path = ''): string[] {
  const children = Object.entries(set).filter(([segment]) => segment !== '.')
  const own = path !== '' && (children.length === 0 || set['.'] !== undefined) ? [path] : []
  return [...own, ...children.flatMap(([segment, child]) => members(child, `${path}/${segment}`))]
}

describe('sets of fields', () => {
  test('the union owns what one of them owns, and nothing else', () => {
    fc.assert(
      fc.property(nodes, nodes, (left, right) => {
        expect(new Set(members(unionOf(left, right)))).toEqual(new Set([...members(left), ...members(right)]))
      }),
    )
  })

  test('the difference owns what the first alone owns', () => {
    fc.assert(
      fc.property(nodes, nodes, (left, right) => {
        const others = new Set(members(right))
        expect(new Set(members(differenceOf(left, right)))).toEqual(
          new Set(members(left).filter((path) => !others.has(path))),
        )
      }),
    )
  })

  test('are counted by their fields, structures around them not included', () => {
    expect(countFields({ ...data('a', 'b'), 'f:spec': { 'f:containers': container('db', 'image', 'name') } })).toBe(4)
  })
})

describe('an object without fields', () => {
  test('loses them, and a map that is empty then', () => {
    expect(withoutFields({ data: { a: '1', b: '2' }, other: 1 }, data('a'), undefined)).toEqual({
      data: { b: '2' },
      other: 1,
    })
    expect(withoutFields({ data: { a: '1' }, other: 1 }, data('a'), undefined)).toEqual({ other: 1 })
  })

  test('loses an item of a list with what nobody owns in it, but not one in which something is owned', () => {
    const spec = { containers: [{ name: 'db', image: 'x', pull: 'Always' }, { name: 'web' }] }
    const gone = { 'f:containers': container('db', 'name', 'image') }
    expect(withoutFields(spec, gone, undefined)).toEqual({ containers: [{ name: 'web' }] })
    const kept = { 'f:containers': { 'k:{"name":"db"}': { 'f:pull': {} } } }
    expect(withoutFields(spec, gone, kept)).toEqual({ containers: [{ pull: 'Always' }, { name: 'web' }] })
  })

  test('loses a value of a set, and a port whose protocol is the default', () => {
    expect(withoutFields({ finalizers: ['a', 'b'] }, { 'f:finalizers': { 'v:"a"': {} } }, undefined)).toEqual({
      finalizers: ['b'],
    })
    const gone = { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } }
    expect(withoutFields({ ports: [{ port: 80 }, { port: 443 }] }, gone, undefined)).toEqual({ ports: [{ port: 443 }] })
  })

  test('keeps a structure that it no longer owns itself as long as somebody owns something in it', () => {
    const gone = { 'f:metadata': { 'f:labels': {} } }
    const kept = { 'f:metadata': { 'f:labels': { 'f:team': {} } } }
    expect(withoutFields({ metadata: { labels: { team: 'a' } } }, gone, kept)).toEqual({
      metadata: { labels: { team: 'a' } },
    })
  })
})
