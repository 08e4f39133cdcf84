import { describe, expect, test } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import { checkAgainstSchema, schemaOfVersion } from '../../src/plan/schema-check.ts'
import type { StructuralSchema } from '../../src/plan/schema-check.ts'

const check = (content: object, properties: Record<string, StructuralSchema>, rest: StructuralSchema = {}): string[] =>
  checkAgainstSchema(
    { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, ...content },
    { type: 'object', properties, ...rest },
  ).map(({ path, message }) => `${path.join('.')} ${message}`)

describe('an object beside the schema of the same manifests', () => {
  test.each([
    ['text where a number belongs', { size: '3' }, { size: { type: 'integer' } }, ['size must be of type integer']],
    [
      'a fraction where a whole number belongs',
      { size: 1.5 },
      { size: { type: 'integer' } },
      ['size must be of type integer'],
    ],
    [
      'a field that is not known',
      { spec: { a: 1, b: 2 } },
      { spec: { type: 'object', properties: { a: {} } } },
      ['spec.b is not a field of this kind'],
    ],
    [
      'a field that is missing',
      { spec: {} },
      { spec: { type: 'object', properties: { a: {} }, required: ['a'] } },
      ['spec.a is required'],
    ],
    [
      'a word that is not one of them',
      { mode: 'x' },
      { mode: { type: 'string', enum: ['a', 'b'] } },
      ['mode must be one of a, b'],
    ],
    [
      'a text that does not match',
      { name: 'A' },
      { name: { type: 'string', pattern: '^[a-z]$' } },
      ['name must match ^[a-z]$'],
    ],
    [
      'a number out of bounds',
      { n: 0 },
      { n: { type: 'number', minimum: 0, exclusiveMinimum: true } },
      ['n must be more than 0'],
    ],
    [
      'a list that is too long',
      { l: [1, 2] },
      { l: { type: 'array', maxItems: 1, items: { type: 'integer' } } },
      ['l must have at most 1 items'],
    ],
    [
      'a wrong item',
      { l: [1, 'x'] },
      { l: { type: 'array', items: { type: 'integer' } } },
      ['l.1 must be of type integer'],
    ],
    ['null where nothing allows it', { a: null }, { a: { type: 'string' } }, ['a must not be null']],
    [
      'neither number nor text',
      { port: true },
      { port: { 'x-kubernetes-int-or-string': true } },
      ['port must be a whole number or text'],
    ],
  ] as [string, object, Record<string, StructuralSchema>, string[]][])(
    'is told about %s',
    (_name, content, properties, problems) => {
      expect(check(content, properties)).toEqual(problems)
    },
  )

  test.each([
    [
      'an unknown field where they are preserved',
      { spec: { any: 1 } },
      { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    ],
    [
      'values of a map',
      { labels: { a: 'b' } },
      { labels: { type: 'object', additionalProperties: { type: 'string' } } },
    ],
    ['null where it is allowed', { a: null }, { a: { type: 'string', nullable: true } }],
    ['a status, which an apply does not write', { status: { x: 1 } }, {}],
    ['as many characters as the server counts', { a: '😀😀' }, { a: { type: 'string', maxLength: 2 } }],
    ["a pattern of Go's syntax, left to the server", { a: 'x' }, { a: { type: 'string', pattern: '^(?P<n>y)$' } }],
  ] as [string, object, Record<string, StructuralSchema>][])('may hold %s', (_name, content, properties) => {
    expect(check(content, properties)).toEqual([])
  })

  test('is judged by the schema of its own version', () => {
    const schema = schemaOfVersion(databaseCrd(), 'v1')
    if (schema === undefined) throw new Error('no schema')
    const database = {
      apiVersion: 'database.example.com/v1',
      kind: 'Database',
      metadata: { name: 'orders' },
      spec: { image: 'postgres:16', databaseName: 'orders', username: 'app', storage: { size: '1Gi' }, replica: 1 },
    }
    expect(checkAgainstSchema(database, schema)).toEqual([
      { path: ['spec', 'replica'], message: 'is not a field of this kind' },
    ])
    expect(schemaOfVersion(databaseCrd(), 'v2')).toBeUndefined()
  })
})
