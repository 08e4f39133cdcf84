import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { SettledFile } from '../../src/commands/settled-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'settled-'))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const head = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'orders', namespace: 'shop', labels: { tier: 'db' } },
}
const documents = { digest: { head, line: 1, lines: 12 } }
const record = { fingerprint: 'f', at: 1, verified: true, endpoint: 'here:5432', secretName: 'secret', documents }
const records = { revision: '42', databases: new Map([['shop/orders', record]]) }
const place = { environment: {}, home: directory }
const fileOf = (): string => {
  const cache = join(directory, '.cache', 'cdk8s-database')
  return join(cache, readdirSync(cache)[0] ?? '')
}

test('what was stored is read again, by the same user and for the same server', () => {
  SettledFile.of('https://one', place).store(records)
  expect(SettledFile.of('https://one', place).load()).toEqual(records)
  expect(SettledFile.of('https://two', place).load()).toBeUndefined()
  expect(statSync(fileOf()).mode & 0o777).toBe(0o600)
  expect(readdirSync(dirname(fileOf()))).toHaveLength(1)
})

test('XDG_CACHE_HOME says where it stands', () => {
  const elsewhere = { ...place, environment: { XDG_CACHE_HOME: join(directory, 'cache') } }
  SettledFile.of('https://one', elsewhere).store(records)
  expect(readdirSync(join(directory, 'cache', 'cdk8s-database'))).toHaveLength(1)
  expect(SettledFile.of('https://one', elsewhere).load()).toEqual(records)
})

test.each([
  ['is no JSON', () => '{'],
  ['is of another program', (text: string) => text.replace(/"program":"[^"]*"/, '"program":"0.0.0"')],
  ['lacks a field', (text: string) => text.replace('"verified":true,', '')],
  ['has another type of field', (text: string) => text.replace('"at":1', '"at":"now"')],
  ['is null', () => 'null'],
  ['knows a document without its kind', (text: string) => text.replace('"kind":"Service",', '')],
])('a file that %s is no memory', (_how, spoil) => {
  const file = SettledFile.of('https://one', place)
  file.store(records)
  writeFileSync(fileOf(), spoil(readFileSync(fileOf(), 'utf8')))
  expect(file.load()).toBeUndefined()
})

test('where nothing can be written nothing is remembered, and nothing fails', () => {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, '.cache'), '')
  const file = SettledFile.of('https://one', place)
  file.store(records)
  expect(file.load()).toBeUndefined()
})
