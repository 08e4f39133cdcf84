import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { dataPlaceOf } from '../../src/plan/data-place.ts'
import type { Database } from '../../src/api/database.ts'

interface Case {
  readonly image?: string
  readonly pgdata?: string
  readonly mountPath: string
  readonly subPath?: string
  readonly volume?: string
}

function statefulSet({ image = 'postgres:16', pgdata, mountPath, subPath, volume = 'db' }: Case): KubernetesObject {
  const mount = { name: volume, mountPath, ...(subPath === undefined ? {} : { subPath }) }
  const env = pgdata === undefined ? [] : [{ name: 'PGDATA', value: pgdata }]
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web' },
    spec: {
      template: { spec: { containers: [{ name: 'exporter' }, { name: 'db', image, env, volumeMounts: [mount] }] } },
      volumeClaimTemplates: [{ metadata: { name: 'db' } }],
    },
  }
}

describe('where a StatefulSet keeps its data', () => {
  test.each([
    [
      'a directory below the mount',
      { pgdata: '/var/lib/postgresql/data/pgdata', mountPath: '/var/lib/postgresql/data' },
      'pgdata',
    ],
    ['the mount itself', { mountPath: '/var/lib/postgresql/data/' }, ''],
    ['a part of the volume', { mountPath: '/var/lib/postgresql/data', subPath: 'pgdata' }, 'pgdata'],
    ['a directory in a part of the volume', { pgdata: '/data/pg', mountPath: '/data', subPath: 'a' }, 'a/pg'],
    ['the default of 18', { image: 'postgres:18.4-trixie', mountPath: '/var/lib/postgresql' }, '18/docker'],
  ])('is %s', (_title, change, path) => {
    expect(dataPlaceOf(statefulSet(change))).toMatchObject({ claimTemplate: 'db', path })
  })

  test.each([
    ['lies beside the mount', { pgdata: '/var/lib/pgdata2', mountPath: '/var/lib/pgdata' }],
    ['hides behind the image', { image: 'postgres:18', mountPath: '/var/lib/postgresql/data' }],
    ['is on a volume that is no claim of its own', { mountPath: '/var/lib/postgresql/data', volume: 'scratch' }],
  ])('is on no claim where it %s', (_title, change) => {
    expect(dataPlaceOf(statefulSet(change))).toBeUndefined()
  })

  test.each([
    [{ size: '1Gi' }, { claimTemplate: 'data', path: '16/docker' }],
    [
      { size: '1Gi', layout: 'legacy' },
      { claimTemplate: 'data', path: 'pgdata' },
    ],
    [
      { size: '1Gi', layout: 'legacy', claimTemplate: 'db' },
      { claimTemplate: 'db', path: 'pgdata' },
    ],
  ])('is known of what is synthesised for %j', (storage, place) => {
    const database = {
      apiVersion: 'database.example.com/v1',
      kind: 'Database',
      metadata: { name: 'orders', namespace: 'shop' },
      spec: { image: 'postgres:16', replicas: 1, databaseName: 'o', username: 'o', deletionPolicy: 'Retain', storage },
    } as Database
    const found = expandDatabase(database).find(({ kind }) => kind === 'StatefulSet')
    if (found === undefined) throw new Error('no StatefulSet')
    expect(dataPlaceOf(found)).toEqual({ image: 'postgres:16', ...place })
  })
})
