import { describe, expect, test } from 'vitest'
import { countRequests } from '../../bench/requests.ts'
import { Results, timesOf } from '../../bench/results.ts'
import type { Scenario } from '../../bench/results.ts'
import type { Side } from '../../bench/sides.ts'
import { formatTable, formatVerdicts } from '../../bench/table.ts'
import { verdicts } from '../../bench/verdicts.ts'
import type { AuditEvent } from '../../test/cluster/audit-log.ts'

const MB = 1e6
const traffic = { connections: 4, bytesSent: 1000, bytesReceived: 44 * MB }

/** Results of two sizes; seconds by size, scenario and side. */
class Sample extends Results {
  time(databases: number, scenario: Scenario, side: Side, seconds: readonly number[]): void {
    const place = { databases, objects: databases * 10, scenario, side }
    const figures = { peakMemoryBytes: 150 * MB, cpuSeconds: 1 }
    for (const one of seconds) this.addRun(place, { seconds: one, figures, serverCpuSeconds: 2, reference: 0.02 })
  }

  count(databases: number, scenario: Scenario, requests: readonly string[]): void {
    const place = { databases, objects: databases * 10, scenario, side: 'ours' as const }
    this.addCounts(place, { requests: countRequests(requests.map(event)), traffic, logins: databases })
  }
}

/** `list pods`, `patch services`, `patch services dry` */
function event(text: string): AuditEvent {
  const [verb = '', resource = '', dry] = text.split(' ')
  return {
    verb,
    requestURI: `/api/v1/${resource}${dry === undefined ? '' : '?dryRun=All'}`,
    objectRef: { resource },
  } as AuditEvent
}

const linesOf = (results: Results): readonly string[] =>
  formatVerdicts(verdicts(results.all(), true)).trimEnd().split('\n')

describe('what the figures say', () => {
  test('medians lie between two where there is an even number of runs', () => {
    expect(timesOf([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4, all: [4, 1, 2, 3] })
    expect(timesOf([3, 1, 2]).median).toBe(2)
  })

  test('a promise about time is a ratio of medians', () => {
    const results = new Sample()
    results.time(1000, 'unchanged', 'ours', [0.7, 0.6, 9])
    results.time(1000, 'unchanged', 'apply', [30, 29, 31])
    results.time(1000, 'unchanged', 'list', [0.4, 0.4, 0.4])
    expect(linesOf(results)).toContain(
      'met     nothing changed, 1000 databases: at least 40 × faster than kubectl apply: 42.86 ×',
    )
    expect(linesOf(results)).toContain('MISSED  nothing changed, 1000 databases: at most 1.6 × the bare LISTs: 1.75 ×')
  })

  test('a write or a dry run where nothing changed is wrong', () => {
    const results = new Sample()
    results.count(100, 'unchanged', ['list pods', 'patch services dry', 'patch services'])
    const wrong = verdicts(results.all(), true).filter(
      ({ kind, isMet, measured }) => kind === 'count' && !isMet && measured,
    )
    expect(wrong.map(({ promise }) => promise)).toEqual([
      'nothing changed, 100 databases: 0 writes',
      'nothing changed, 100 databases: 0 dry runs',
    ])
  })

  test('requests are judged by kind, and more objects allow more of them', () => {
    const lists = Array.from({ length: 6 }, () => 'list pods')
    const [small, large] = [new Sample(), new Sample()]
    small.count(500, 'unchanged', lists)
    large.count(1000, 'unchanged', lists)
    expect(linesOf(small).find((line) => line.includes('per kind'))).toMatch(/^MISSED .*: 6 for pods, 3 allowed$/)
    expect(linesOf(large).find((line) => line.includes('per kind'))).toMatch(/^met .*: 6 for pods, 6 allowed$/)
  })

  test('the cost of an object is compared between the smallest and the largest size', () => {
    const results = new Sample()
    results.time(100, 'first', 'ours', [2])
    results.time(1000, 'first', 'ours', [30])
    expect(linesOf(results).at(-1)).toMatch(/^MISSED {2}first apply: an object of 1000 .*: 1\.50 ×$/)
  })

  test('a first apply that did not log in everywhere is wrong, unless it was told not to log in', () => {
    const results = new Sample()
    const place = { databases: 100, objects: 1000, scenario: 'first', side: 'ours' } as const
    results.addCounts(place, { requests: countRequests([]), traffic, logins: 99 })
    expect(linesOf(results)).toContain('MISSED  first apply, 100 databases: a login into each: 99')
    expect(verdicts(results.all(), false).some(({ promise }) => promise.includes('login'))).toBe(false)
  })

  test('what was not measured is neither met nor missed', () => {
    const results = new Sample()
    results.time(100, 'unchanged', 'apply', [3])
    expect(linesOf(results).every((line) => line.startsWith('not measured'))).toBe(true)
  })
})

describe('the table', () => {
  test('has a row for each side, with ratios to kubectl and to the floor', () => {
    const results = new Sample()
    results.time(100, 'unchanged', 'ours', [0.2])
    results.time(100, 'unchanged', 'apply', [3])
    results.time(100, 'unchanged', 'list', [0.1])
    const ours = formatTable(results.all())
      .split('\n')
      .find((line) => line.includes('ours'))
    expect(ours).toMatch(/0\.20 s .* 150 MB +15\.0 × +2\.00 ×$/)
  })

  test('a side that failed is shown as that, without a time', () => {
    const results = new Sample()
    results.addFailure(
      { databases: 100, objects: 1000, scenario: 'first', side: 'ours' },
      'did not end within 900 s\nmore',
    )
    expect(formatTable(results.all())).toMatch(/ours: apply +FAILED 1 times: did not end within 900 s$/m)
  })
})
