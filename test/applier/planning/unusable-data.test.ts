import { describe, expect, test } from 'vitest'
import type { Database } from '../../../src/api/database.ts'
import type { KubernetesObject } from '../../../src/api/object.ts'
import { unusableData } from '../../../src/applier/planning/unusable-data.ts'

const database = (image: string, postgresVersion?: string): Database & KubernetesObject =>
  ({
    apiVersion: 'database.example.com/v1',
    kind: 'Database',
    metadata: { name: 'orders' },
    spec: { image, databaseName: 'orders', username: 'app', storage: { size: '1Gi' } },
    ...(postgresVersion === undefined ? {} : { status: { postgresVersion } }),
  }) as unknown as Database & KubernetesObject

describe('an image beside the data of a database', () => {
  test.each([
    ['a minor of the same major', 'postgres:16.4-bookworm', 'postgres:16.9-bookworm', undefined],
    ['another major', 'postgres:16.4', 'postgres:17.0', 'MajorUpgradeRequired'],
    [
      'another operating system family',
      'postgres:16.4-bookworm',
      'postgres:16.4-alpine3.20',
      'IncompatibleDataDirectory',
    ],
    ['the same family under another tag', 'postgres:16.4-alpine3.20', 'postgres:16.9-alpine3.21', undefined],
  ])('is judged where it is %s', (_name, before, after, reason) => {
    expect(unusableData(database(after), database(before, '16.4'))?.reason).toBe(reason)
  })

  test('may be anything while nothing has run', () => {
    expect(unusableData(database('postgres:17-alpine'), database('postgres:16'))).toBeUndefined()
    expect(unusableData(database('postgres:17'), undefined)).toBeUndefined()
  })
})
