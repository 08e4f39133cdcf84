/** What is known of built-in kinds by the names of their fields, against the OpenAPI document of a real server. */
import { expect, test } from 'vitest'
import {
  ASSOCIATIVE_LISTS,
  ATOMIC_MAPS,
  GRANULAR_MAPS,
  LISTS_OF_ATOMIC_ITEMS,
  OMITTED,
  QUANTITIES,
  QUANTITY_MAPS,
  isTypedVersion,
} from '../../src/plan/known-values.ts'
import { useControlPlane } from '../cluster/shared.ts'

interface Schema {
  readonly type?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string }[]
}

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const controlPlane = await useControlPlane()
const { body } = await controlPlane.request('GET', '/openapi/v2')
const { definitions } = body as { definitions: Readonly<Record<string, Schema>> }
const nameOf = (schema: Schema): string | undefined => schema.$ref?.slice('#/definitions/'.length)
const resolve = (schema: Schema): Schema => definitions[nameOf(schema) ?? ''] ?? schema

/** Every field by its name, with its schema, in the kinds that are taken for known. */
const fields = new Map<string, Schema[]>()
const seen = new Set<Schema>()
function collect(schema: Schema): void {
  const resolved = resolve(schema)
  if (seen.has(resolved)) return
  seen.add(resolved)
  for (const [name, field] of Object.entries(resolved.properties ?? {})) {
    fields.set(name, [...(fields.get(name) ?? []), field])
    collect(field)
  }
  for (const below of [resolved.items, resolved.additionalProperties]) if (below !== undefined) collect(below)
}
for (const [name, schema] of Object.entries(definitions)) {
  // Review kinds are questions, never applied; the schema of a schema is compared to the letter.
  if (/JSONSchemaProps|SubjectAccess|\.example\.com/.test(name)) seen.add(schema)
}
for (const schema of Object.values(definitions)) {
  const kinds = schema['x-kubernetes-group-version-kind'] ?? []
  if (
    kinds.length === 1 &&
    kinds.every(({ group, version }) => isTypedVersion(group === '' ? version : `${group}/${version}`))
  ) {
    collect(schema)
  }
}

type Shape =
  | 'atomic map'
  | 'map'
  | 'quantities'
  | 'quantity'
  | 'keyed list'
  | 'set'
  | 'list'
  | 'text'
  | 'number'
  | 'flag'

function shapeOf(field: Schema): Shape {
  const schema = resolve(field)
  if (nameOf(field) === QUANTITY) return 'quantity'
  if (schema.additionalProperties !== undefined && nameOf(schema.additionalProperties) === QUANTITY) return 'quantities'
  if (schema.type === 'array') {
    const type = field['x-kubernetes-list-type']
    return type === 'map' ? 'keyed list' : type === 'set' ? 'set' : 'list'
  }
  if (schema.type === 'string') return 'text'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'flag'
  return (field['x-kubernetes-map-type'] ?? schema['x-kubernetes-map-type']) === 'atomic' ? 'atomic map' : 'map'
}

const shapes = (name: string): Shape[] => [...new Set((fields.get(name) ?? []).map(shapeOf))]
const MAPS: ReadonlySet<Shape> = new Set<Shape>(['atomic map', 'map', 'quantities'])
const LISTS: ReadonlySet<Shape> = new Set<Shape>(['keyed list', 'set', 'list'])

const maps = (name: string): Shape[] => shapes(name).filter((shape) => MAPS.has(shape))
const lists = (name: string): Shape[] => shapes(name).filter((shape) => LISTS.has(shape))
const scalars = (name: string): Shape[] => shapes(name).filter((shape) => !MAPS.has(shape) && !LISTS.has(shape))

test('the document is there, with the kinds that are known', () => {
  expect(fields.size).toBeGreaterThan(500)
})

test.each([...ATOMIC_MAPS])('%s has one owner wherever it is a map', (name) => {
  expect(maps(name)).toEqual(['atomic map'])
})

test.each([...GRANULAR_MAPS])('the fields of %s have owners of their own wherever it is a map', (name) => {
  expect(maps(name)).not.toContain('atomic map')
  expect(maps(name)).toContain('map')
})

test.each([...ASSOCIATIVE_LISTS])('the items of %s have owners of their own wherever it is a list', (name) => {
  expect(lists(name)).toEqual(['keyed list'])
})

test.each([...LISTS_OF_ATOMIC_ITEMS])('each item of %s has one owner wherever the list is keyed', (name) => {
  const keyed = (fields.get(name) ?? []).filter((field) => shapeOf(field) === 'keyed list')
  expect(keyed.length).toBeGreaterThan(0)
  for (const { items } of keyed) expect(shapeOf(items as Schema)).toBe('atomic map')
})

test.each([...QUANTITIES])('%s is a quantity wherever it is a plain value', (name) => {
  expect(scalars(name)).toEqual(['quantity'])
})

test.each([...QUANTITY_MAPS])('%s holds quantities wherever it is a map of plain values', (name) => {
  const holders = (fields.get(name) ?? []).filter(
    (field) => shapeOf(field) === 'map' || shapeOf(field) === 'quantities',
  )
  expect(holders.map(shapeOf)).toContain('quantities')
  const plain = holders
    .filter(({ $ref }) => $ref !== undefined)
    .flatMap((field) => Object.values(resolve(field).properties ?? {}))
  expect(plain.map(shapeOf).filter((shape) => ['text', 'number'].includes(shape))).toEqual([])
})

test.each([
  ['false', ['flag']],
  ['number', ['number']],
  ['text', ['text']],
] as const)('what is left out as %s is of that type wherever it is a plain value', (zero, expected) => {
  for (const name of OMITTED[zero]) expect(shapes(name), name).toEqual(expected)
})

test('what is left out as an empty list or map is one wherever it is known', () => {
  for (const name of OMITTED.list)
    expect([lists(name).length, shapes(name).length - lists(name).length], name).toEqual([1, 0])
  for (const name of OMITTED.map)
    expect([maps(name).length, shapes(name).length - maps(name).length], name).toEqual([1, 0])
})

test('the only key of a list with a default is the protocol, TCP', async () => {
  // The second version of the document leaves defaults out.
  const { body: core } = await controlPlane.request('GET', '/openapi/v3/api/v1')
  const { schemas } = (core as { components: { schemas: Readonly<Record<string, Schema>> } }).components
  const keyed = Object.values(schemas)
    .flatMap(({ properties }) => Object.values(properties ?? {}))
    .filter((field) => field['x-kubernetes-list-map-keys'] !== undefined)
  expect(keyed.length).toBeGreaterThan(10)
  const defaults = keyed.flatMap(({ items, 'x-kubernetes-list-map-keys': keys = [] }) => {
    const { allOf, $ref = allOf?.[0]?.$ref ?? '' } = items as Schema & { readonly allOf?: readonly Schema[] }
    const { properties } = schemas[$ref.slice('#/components/schemas/'.length)] ?? {}
    return keys.flatMap((key) => {
      const { default: value = '' } = (properties?.[key] ?? {}) as { default?: unknown }
      return value === '' || value === 0 ? [] : [`${key}=${JSON.stringify(value)}`]
    })
  })
  expect([...new Set(defaults)]).toEqual(['protocol="TCP"'])
})
