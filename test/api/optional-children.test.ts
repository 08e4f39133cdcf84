import { describe, expect, test } from 'vitest'
import { formatReference, referenceOf } from '../../src/api/object.ts'
import { childrenNotAskedFor } from '../../src/api/optional-children.ts'
import type { DatabaseSpec } from '../../src/api/spec.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { aDatabase } from '../phases/worlds.ts'

const REPLICAS = [{ replicas: 1 }, { replicas: 3 }]
const BACKUPS = [
  {},
  { backup: { schedule: '0 3 * * *', storage: { size: '1Gi' } } },
  { backup: { volumeSnapshot: { className: 'fast', schedule: '@daily' } } },
]
const PARTS = [true, false].flatMap((podMonitor) =>
  [true, false].flatMap((alerts) => [true, false].map((dashboard) => ({ podMonitor, alerts, dashboard }))),
)
const MONITORING = [{}, { monitoring: {} }, ...PARTS.map((monitoring) => ({ monitoring }))]
const SPECS = REPLICAS.flatMap((replicas) =>
  BACKUPS.flatMap((backup) => MONITORING.map((monitoring) => ({ ...replicas, ...backup, ...monitoring }))),
) as readonly Partial<DatabaseSpec>[]

const EVERYTHING = SPECS.find(
  ({ replicas, backup, monitoring }) => replicas === 3 && backup?.schedule !== undefined && monitoring !== undefined,
)
const made = (spec: Partial<DatabaseSpec> | undefined): string[] =>
  expandDatabase(aDatabase({ spec: spec ?? {} })).map((child) => formatReference(referenceOf(child)))

/** The StatefulSet of a database that was monitored until now. */
const monitored = expandDatabase(aDatabase({ spec: EVERYTHING ?? {} })).find(
  ({ kind, metadata: { name } }) => kind === 'StatefulSet' && name === 'orders',
)

const notAskedFor = (spec: Partial<DatabaseSpec>, statefulSet = monitored): string[] =>
  childrenNotAskedFor(aDatabase({ spec }), statefulSet).map(formatReference)

describe('what a spec does not ask for', () => {
  test('is every child that another spec would have, but for the claim with the dumps', () => {
    const all = made(EVERYTHING)
    const claim = 'v1 PersistentVolumeClaim shop/orders-backup'
    expect(all).toContain(claim)
    for (const spec of SPECS) {
      const wanted = new Set(made(spec))
      const missing = all.filter((child) => !wanted.has(child) && child !== claim)
      expect(notAskedFor(spec).toSorted(), JSON.stringify(spec)).toEqual(missing.toSorted())
    }
  })

  test('holds no data and no password', () => {
    const kinds = new Set(childrenNotAskedFor(aDatabase(), monitored).map(({ kind }) => kind))
    for (const kind of ['PersistentVolumeClaim', 'Secret', 'VolumeSnapshot', 'Job']) expect(kinds).not.toContain(kind)
  })

  test('is nothing of monitoring where nothing says that there was any', () => {
    const isOfMonitoring = (child: string): boolean => /PodMonitor|PrometheusRule|-dashboard/.test(child)
    const plain = expandDatabase(aDatabase()).find(({ kind }) => kind === 'StatefulSet')
    for (const statefulSet of [undefined, plain])
      expect(childrenNotAskedFor(aDatabase(), statefulSet).map(formatReference).filter(isOfMonitoring)).toEqual([])
    const off = { monitoring: { podMonitor: false, alerts: false, dashboard: false } }
    expect(
      childrenNotAskedFor(aDatabase({ spec: off }), undefined)
        .map(formatReference)
        .filter(isOfMonitoring),
    ).toHaveLength(3)
  })
})
