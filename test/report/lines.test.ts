import { describe, expect, test } from 'vitest'
import { formatDifferences } from '../../src/report/difference-lines.ts'
import { formatAge, formatBytes, formatCount, formatNumber } from '../../src/report/figures.ts'
import { formatPlan } from '../../src/report/plan-line.ts'
import { formatListing } from '../../src/report/plan-listing.ts'
import { formatSummary } from '../../src/report/summary-line.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import { NOTHING, NOW, UPDATE, change } from './plans.ts'

const plain = (_style: unknown, text: string): string => text
const many = (count: number, action: PlannedChange['action'], more: Partial<PlannedChange> = {}): PlannedChange[] =>
  Array.from({ length: count }, () => change(action, more))

describe('figures', () => {
  test('have commas between thousands, and a unit that fits', () => {
    expect([0, 999, 1000, 8002, 1_234_567].map(formatNumber)).toEqual(['0', '999', '1,000', '8,002', '1,234,567'])
    expect([formatCount(1, 'object'), formatCount(8002, 'object')]).toEqual(['1 object', '8,002 objects'])
    expect([0, 999, 1000, 17_400, 4_100_000, 2_000_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1 kB',
      '17 kB',
      '4.1 MB',
      '2.00 GB',
    ])
  })

  test('tell an age in one unit, and never that something will have happened', () => {
    const ages = ['09:29:57', '09:29:30', '09:27:00', '07:00:00', '09:31:00'].map((time) => `2026-01-01T${time}Z`)
    expect(ages.map((at) => formatAge(at, NOW))).toEqual(['just now', '30 s ago', '3 min ago', '2 h ago', 'just now'])
    expect(formatAge('2025-12-27T09:00:00Z', NOW)).toBe('5 d ago')
    expect(formatAge('soon', NOW)).toBe('soon')
  })
})

describe('the line of a plan', () => {
  test('counts what people look for, and the rest only where it occurs', () => {
    expect(formatPlan([])).toBe('0 create, 0 update, 0 delete, 0 unchanged')
    expect(formatPlan([change('keep'), change('refused'), change('foreign'), change('replace')])).toBe(
      '0 create, 0 update, 0 delete, 0 unchanged, 1 replace, 1 keep, 1 refused, 1 foreign',
    )
  })

  test('says what was not judged by the server', () => {
    expect(formatPlan(many(9, 'create', { proof: 'schema' }))).toContain(
      '9 create (9 checked against the schema only: their definition is still to come), 0 update',
    )
    expect(formatPlan([...many(30, 'create'), ...many(7970, 'create', { proof: 'sample' })])).toContain(
      '8,000 create (30 asked, the rest is alike), 0 update',
    )
    expect(formatPlan(many(2, 'create', { proof: 'none' }))).toContain(
      '2 create (2 not checked: their namespace or Role is still to come), 0 update',
    )
    const secrets = many(100, 'create', { proof: 'observation' })
    expect(formatPlan([...many(30, 'create'), ...secrets, ...many(870, 'create', { proof: 'sample' })])).toContain(
      '1,000 create (30 asked, the rest is alike), 0 update',
    )
    const mixed = [
      ...many(2, 'create'),
      ...many(5, 'create', { proof: 'sample' }),
      change('create', { proof: 'schema' }),
    ]
    expect(formatPlan(mixed)).toContain(
      '8 create (2 asked, 5 alike; 1 checked against the schema only: its definition is still to come)',
    )
  })

  test('names the gravest impact', () => {
    expect(formatPlan([UPDATE, change('update', { impact: 'reload' })])).toMatch(/ · impact restart$/)
    expect(formatPlan([change('update', { impact: 'none' })])).not.toContain('impact')
  })
})

describe('the list of a plan', () => {
  const list = (changes: readonly PlannedChange[], everything = false): string[] =>
    formatListing(changes, plain, { everything, now: NOW })

  test('shows owner and impact of each field that changes', () => {
    expect(list([UPDATE, change('unchanged')])).toEqual([
      '  ~ update    StatefulSet shop/orders  restart  dist/orders.k8s.yaml:41',
      '      spec.replicas  restart  (owned by kubectl-edit, Update, 3 min ago)',
      '        - 2',
      '        + 1',
    ])
  })

  test('shows what is in the way, and what is taken from whom', () => {
    const owners = [{ manager: 'hpa', operation: 'Update', subresource: 'scale', time: '2026-01-01T09:27:00Z' }]
    const conflicts = [{ path: 'spec.replicas', ours: 1, live: 2, owners }]
    expect(list([change('conflict', { conflicts }), change('update', { conflicts })])).toEqual([
      '  ! conflict  StatefulSet shop/orders',
      '      spec.replicas  2 live (owned by hpa, Update of scale, 3 min ago)  1 in the manifest',
      '  ~ update    StatefulSet shop/orders',
      '      takes spec.replicas from hpa, Update of scale, 3 min ago',
    ])
  })

  test('of more than two hundred objects is told by kind, but for the few that stand out', () => {
    const secrets = many(100, 'create', { object: { apiVersion: 'v1', kind: 'Secret', name: 'a' } })
    const changes = [...many(1900, 'create'), ...secrets, change('conflict', { note: 'owned by kubectl' })]
    expect(list(changes)).toEqual([
      '  + create    2,000 objects: 1,900 StatefulSet, 100 Secret',
      '  ! conflict  StatefulSet shop/orders  owned by kubectl',
      '  (--diff or -v lists every object)',
    ])
    expect(list(changes, true)).toHaveLength(2001)
    expect(list(many(200, 'create'))).toHaveLength(200)
  })
})

describe('the differences of a field', () => {
  const field = (path: string, before: unknown, after: unknown): PlannedChange['differences'][number] => ({
    path,
    before,
    after,
    owners: [],
  })

  test('show what was added and removed by one line each, and long values by their beginning', () => {
    expect(
      formatDifferences(
        [
          field('added', undefined, { a: 1 }),
          field('removed', 'text', undefined),
          field('long', undefined, 'x'.repeat(200)),
          field('lines', undefined, 'a\nb'),
          field('text', 'same\nold\nend', 'same\nnew\nend'),
        ],
        NOW,
      ),
    ).toEqual([
      'added',
      '  + {"a":1}',
      'removed',
      '  - text',
      'long',
      `  + ${'x'.repeat(160)}… (200 characters)`,
      'lines',
      String.raw`  + "a\nb"`,
      'text',
      '  - old',
      '  + new',
    ])
  })

  test('name the owners that are not us', () => {
    const owners = [
      { manager: 'cdk8s-database', operation: 'Apply' },
      { manager: 'hpa', operation: 'Update', subresource: 'scale' },
      { manager: 'kubectl-edit', operation: 'Update' },
    ]
    expect(formatDifferences([{ ...field('a', 1, 2), owners }], NOW)[0]).toBe(
      'a  (owned by hpa, Update of scale; kubectl-edit, Update)',
    )
  })
})

describe('the last line', () => {
  test('says what was done and what it cost', () => {
    const requests = { reads: 20, lists: 20, dryRuns: 0, writes: 0, bytes: 12_400_000, throttled: 0 }
    expect(formatSummary({ ...NOTHING, unchanged: 8002, requests, seconds: 0.61 })).toBe(
      'no changes · 8,002 unchanged · 20 LIST · 0 dry-run · 0 write · 12.4 MB · 0.6 s',
    )
    const more = { reads: 9, lists: 4, dryRuns: 2, writes: 1, bytes: 900, throttled: 0 }
    expect(formatSummary({ ...NOTHING, created: 1, replaced: 2, failed: 1, requests: more, seconds: 3 })).toBe(
      '1 created · 2 replaced · 1 failed · 4 LIST · 5 other reads · 2 dry-run · 1 write · 900 B · 3.0 s',
    )
  })
})
