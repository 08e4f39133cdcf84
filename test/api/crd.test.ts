import { describe, expect, test } from 'vitest'
import { databaseCrd, openApiSchema } from '../../src/api/crd.ts'
import { NAME_RULES } from '../../src/api/name-rules.ts'
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { PHASES } from '../../src/api/status.ts'
import { collect, collectRules } from './crd-rules.ts'
import { SPEC_CASES } from './specs.ts'

type Schema = Readonly<Record<string, unknown>>

const schema = openApiSchema()

/** Every schema with its place, items and values included. */
function schemas(at: Schema, path: string): [path: string, schema: Schema][] {
  const properties = Object.entries((at['properties'] ?? {}) as Record<string, Schema>)
  const below = properties.flatMap(([name, value]) => schemas(value, `${path}.${name}`))
  const { items, additionalProperties } = at as { items?: Schema; additionalProperties?: Schema }
  return [
    [path, at],
    ...below,
    ...(items === undefined ? [] : schemas(items, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : schemas(additionalProperties, `${path}{}`)),
  ]
}
const all = schemas(schema, '')

describe('the schema in the CustomResourceDefinition', () => {
  test('is structural: every value has a type or is int-or-string, and no object is closed', () => {
    for (const [path, value] of all) {
      const isTyped = typeof value['type'] === 'string' || value['x-kubernetes-int-or-string'] === true
      expect(isTyped, path).toBe(true)
      expect(value['additionalProperties'], path).not.toBe(false)
      expect('properties' in value && 'additionalProperties' in value, path).toBe(false)
    }
  })

  test('holds nothing that a structural schema may not', () => {
    const forbidden = [
      '$ref',
      '$schema',
      'definitions',
      'oneOf',
      'anyOf',
      'allOf',
      'not',
      'const',
      'propertyNames',
      'nullable',
      'exclusiveMinimum',
      'exclusiveMaximum',
    ]
    for (const key of forbidden) expect(collect(schema, key), key).toEqual([])
  })

  test('has a default only where synthesis writes the same value', () => {
    expect(all.filter(([, value]) => 'default' in value).map(([path, value]) => [path, value['default']])).toEqual([
      ['.spec.replicas', 1],
      ['.spec.deletionPolicy', 'Retain'],
    ])
  })

  test('holds every rule of a name', () => {
    const rules = collectRules(schema).map(({ rule }) => rule)
    for (const { cel } of NAME_RULES) expect(rules).toContain(cel)
  })

  test('holds every message that the client says of its own accord', () => {
    const inCrd = new Set(collectRules(schema).map(({ message }) => message))
    const said = Object.values(SPEC_CASES).flatMap((cases) => cases.flatMap(({ messages }) => messages))
    // What the server says about types, lengths, enums and unknown fields is in its own words.
    const ours = said.filter((message) => !/^(unknown field |spec[. ])/.test(message))
    // The client may say more after the server's words: which parameter, and why.
    const begins = (message: string): boolean =>
      [...inCrd].some((rule) => message === rule || message.startsWith(`${rule}: `))
    expect(ours.filter((message) => !begins(message))).toEqual([])
    expect(new Set(ours).size).toBeGreaterThan(20)
  })

  test('holds the rules about changes', () => {
    const messages = collectRules(schema)
      .filter(({ rule }) => rule.includes('oldSelf'))
      .map(({ message }) => message)
    expect(messages.toSorted()).toEqual([
      'backup.storage.size cannot shrink: a volume can only grow',
      'backup.storage.storageClassName cannot be changed: a volume stays in its class',
      'databaseName cannot be changed: the data on the volume was created with it',
      'storage.claimTemplate cannot be changed: the claim keeps its name',
      'storage.layout cannot be changed: the data lies where it lies',
      'storage.size cannot shrink: a volume can only grow',
      'storage.storageClassName cannot be changed: a volume stays in its class',
      'username cannot be changed: the data on the volume was created with it',
    ])
  })

  test('names every parameter that the manifests own', () => {
    const rule = collectRules(schema).find(({ message }) => message.startsWith('parameters must not name'))?.rule
    for (const name of Object.keys(OWNED_PARAMETERS)) expect(rule).toContain(`'${name}'`)
  })

  test('lists every phase', () => {
    const [, phase] = all.find(([path]) => path === '.status.phase') ?? []
    expect(phase?.['enum']).toEqual([...PHASES])
  })

  test('describes every field of spec and status', () => {
    const silent = all.filter(
      ([path, value]) => /\.(spec|status)/.test(path) && !/(\[\]|\{\})$/.test(path) && !value['description'],
    )
    expect(silent.map(([path]) => path)).toEqual([])
  })

  test('is the same every time', () => {
    expect(JSON.stringify(databaseCrd())).toBe(JSON.stringify(databaseCrd()))
  })
})

describe('the CustomResourceDefinition', () => {
  test('has the columns, subresources and names that people use', () => {
    expect(databaseCrd()['spec']).toMatchObject({
      scope: 'Namespaced',
      names: {
        plural: 'databases',
        singular: 'database',
        kind: 'Database',
        listKind: 'DatabaseList',
        shortNames: ['db'],
      },
      versions: [
        {
          name: 'v1',
          additionalPrinterColumns: [
            { name: 'Phase' },
            { name: 'Ready' },
            { name: 'Replicas' },
            { name: 'Endpoint', priority: 1 },
            { name: 'Age' },
          ],
          subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas' } },
        },
      ],
    })
  })
})
