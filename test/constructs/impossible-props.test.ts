/** Props that make no sense do not compile: `tsc` fails where one of these does. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { DatabaseProps } from '../../src/constructs/props.ts'

const GOOD = { image: 'postgres:18', databaseName: 'orders', username: 'app', storage: { size: '1Gi' } } as const

/** Never called: only the compiler reads it. */
export function impossible(): readonly DatabaseProps[] {
  const { storage: _storage, ...withoutStorage } = GOOD
  const { username: _username, ...withoutUser } = GOOD
  return [
    // @ts-expect-error -- a volume has a size
    { ...withoutStorage },
    // @ts-expect-error -- the data belongs to a role
    { ...withoutUser },
    // @ts-expect-error -- an image is a reference, not a major
    { ...GOOD, image: 18 },
    // @ts-expect-error -- 13 is not supported
    { ...GOOD, postgresVersion: '13' },
    // @ts-expect-error -- there is no such layout
    { ...GOOD, storage: { size: '1Gi', layout: 'modern' } },
    // @ts-expect-error -- a password would end up in Git
    { ...GOOD, credentials: { password: 'secret' } },
    // @ts-expect-error -- a password would end up in Git
    { ...GOOD, password: 'secret' },
    // @ts-expect-error -- a Secret has a name
    { ...GOOD, credentials: { existingSecret: {} } },
    // @ts-expect-error -- one of two ways, not none
    { ...GOOD, credentials: {} },
    // @ts-expect-error -- an object or an address
    { ...GOOD, dependencies: [{}] },
    // @ts-expect-error -- a peer is chosen by something
    { ...GOOD, network: { allowFrom: [{}] } },
    // @ts-expect-error -- nobody can be handed that over
    { ...GOOD, handedOver: ['statefulSet.image'] },
    // @ts-expect-error -- one of two words
    { ...GOOD, deletionPolicy: 'delete' },
    // @ts-expect-error -- a setting is one value
    { ...GOOD, parameters: { max_connections: [100] } },
    // @ts-expect-error -- rendered or reconciled
    { ...GOOD, children: 'both' },
    // @ts-expect-error -- instances are counted
    { ...GOOD, replicas: '2' },
  ]
}

test('every line that must not compile is told so to the compiler', () => {
  const lines = readFileSync(import.meta.filename, 'utf8').split('\n')
  const entries = lines.filter((line) => /^ {4}\{ \.\.\./.test(line))
  const expected = lines.filter((line) => /^ {4}\/\/ @ts-expect-error -- /.test(line))
  expect(entries.length).toBeGreaterThan(10)
  expect(expected).toHaveLength(entries.length)
})
