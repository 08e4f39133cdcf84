import { describe, expect, test } from 'vitest'
import { refuseMisnamedDatabases } from '../../src/manifests/own-kind.ts'
import { parseManifests } from '../../src/manifests/read.ts'

const check = (apiVersion: string, kind: string): void =>
  refuseMisnamedDatabases(
    parseManifests(`# first\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: orders\n`, 'a.yaml'),
  )

describe('a Database under another name', () => {
  test.each([
    ['database.example.com/v1', 'Databse', 'database.example.com/v1 has no kind Databse', 3],
    ['database.example.com/v1', 'database', 'database.example.com/v1 has no kind database', 3],
    ['database.example.com/v1', 'PostgreSQL', 'database.example.com/v1 has no kind PostgreSQL', 3],
    ['database.example.com/v2', 'Database', 'database.example.com/v2 is not an apiVersion of Database', 2],
    ['database.example.com', 'Database', 'database.example.com is not an apiVersion of Database', 2],
    ['databse.example.com/v1', 'Database', 'databse.example.com/v1 is not an apiVersion of Database', 2],
    ['v1', 'Database', 'v1 is not an apiVersion of Database', 2],
  ])('%s %s is refused with its place', (apiVersion, kind, message, line) => {
    expect(() => check(apiVersion, kind)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        message,
        where: `a.yaml:${line}`,
        remedy: 'did you mean kind Database and apiVersion database.example.com/v1?',
      }),
    )
  })

  test('is found in a List too', () => {
    const list = `apiVersion: v1
kind: List
items:
  - apiVersion: database.example.com/v1
    kind: Databse
    metadata: { name: orders }
`
    expect(() => refuseMisnamedDatabases(parseManifests(list, 'a.yaml'))).toThrow(
      expect.objectContaining({ where: 'a.yaml:5' }),
    )
  })
})

test.each([
  ['database.example.com/v1', 'Database'],
  ['postgresql.cnpg.io/v1', 'Database'],
  ['databases.example.com/v1', 'Instance'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['v1', 'Secret'],
])('%s %s is left alone', (apiVersion, kind) => {
  check(apiVersion, kind)
})
