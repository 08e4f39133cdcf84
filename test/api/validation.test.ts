import { describe, expect, test } from 'vitest'
import { API_VERSION } from '../../src/api/group.ts'
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { isDatabase, validateDatabase } from '../../src/api/validation.ts'
import type { ValidationIssue } from '../../src/api/validation.ts'
import { resourceOf, SPEC_CASES, VALID_SPEC } from './specs.ts'

const issuesOf = (object: Parameters<typeof validateDatabase>[0]): readonly ValidationIssue[] => {
  const result = validateDatabase(object)
  return result.ok ? [] : result.issues
}

const database = (spec: unknown): Parameters<typeof validateDatabase>[0] => ({
  apiVersion: API_VERSION,
  kind: 'Database',
  metadata: { name: 'orders' },
  spec,
})

for (const [subject, cases] of Object.entries(SPEC_CASES)) {
  describe(`validation of ${subject}`, () => {
    test.each(cases.filter(({ messages }) => messages.length === 0))('accepts $title', (example) => {
      expect(issuesOf(resourceOf(example, API_VERSION))).toEqual([])
    })

    test.each(cases.filter(({ messages }) => messages.length > 0))('refuses $title', (example) => {
      const said = issuesOf(resourceOf(example, API_VERSION)).map(({ message }) => message)
      expect(said).toEqual(example.messages)
    })
  })
}

describe('validation', () => {
  test('fills in the defaults and nothing else', () => {
    const result = validateDatabase(database(VALID_SPEC))
    expect(result).toMatchObject({
      ok: true,
      database: { spec: { ...VALID_SPEC, replicas: 1, deletionPolicy: 'Retain' } },
    })
    expect(result.ok && Object.keys(result.database.spec).toSorted()).toEqual(
      [...Object.keys(VALID_SPEC), 'deletionPolicy', 'replicas'].toSorted(),
    )
  })

  test('takes null for absent, as the API server does', () => {
    const result = validateDatabase(database({ ...VALID_SPEC, replicas: null, resources: null }))
    expect(result.ok && result.database.spec).toEqual({ ...VALID_SPEC, replicas: 1, deletionPolicy: 'Retain' })
  })

  test('reports everything at once, each with its place', () => {
    const object = { ...database({ image: 'postgres', replicas: 0, username: 'x' }), metadata: { name: 'Orders' } }
    expect(issuesOf(object).map(({ path }) => path.join('.'))).toEqual([
      'metadata.name',
      'spec.image',
      'spec.replicas',
      'spec.databaseName',
      'spec.storage',
    ])
  })

  test.each(Object.keys(OWNED_PARAMETERS))('refuses the parameter %s, which the manifests own', (name) => {
    const [issue] = issuesOf(database({ ...VALID_SPEC, parameters: { [name]: 'x' } }))
    expect(issue?.message).toMatch(/^parameters must not name a setting that the manifests own: /)
    expect(issue?.message).toMatch(new RegExp(`: remove ${name}, because ${OWNED_PARAMETERS[name]}$`))
    expect(issue?.path).toEqual(['spec', 'parameters'])
  })

  test.each<[value: unknown, remedy: string]>([
    [10, 'put it in quotes, max_connections: "10"'],
    [0.5, 'put it in quotes, max_connections: "0.5"'],
    [true, 'put it in quotes, max_connections: "on"'],
    [false, 'put it in quotes, max_connections: "off"'],
    [['10'], 'write one line in quotes, max_connections: "value"'],
  ])('says how to write the parameter value %j', (value, remedy) => {
    expect(issuesOf(database({ ...VALID_SPEC, parameters: { max_connections: value } }))).toEqual([
      {
        path: ['spec', 'parameters', 'max_connections'],
        message: `spec.parameters.max_connections must be text: ${remedy}`,
      },
    ])
  })

  test('suggests the field that was meant at the top of the document', () => {
    expect(issuesOf({ ...database(VALID_SPEC), sepc: {} })).toEqual([
      { path: ['sepc'], message: 'unknown field sepc: did you mean spec?' },
    ])
  })

  test.each([undefined, null, 'text', [], 7])('refuses %j for a spec without throwing', (spec) => {
    expect(issuesOf(database(spec)).map(({ path }) => path)).toEqual([['spec']])
  })

  test('ignores a status that somebody wrote', () => {
    expect(issuesOf({ ...database(VALID_SPEC), status: { phase: 'Nonsense' } })).toEqual([])
  })

  test('knows a Database by its group and version', () => {
    expect(isDatabase(database(VALID_SPEC))).toBe(true)
    expect(isDatabase({ apiVersion: 'database.example.com/v2', kind: 'Database' })).toBe(false)
    expect(isDatabase({ apiVersion: 'other.example.com/v1', kind: 'Database' })).toBe(false)
  })
})
