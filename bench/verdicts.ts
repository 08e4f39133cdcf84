/** What the figures say about what was promised. */
import { resultOf } from './results.ts'
import type { Result, Scenario } from './results.ts'
import type { Side } from './sides.ts'

/** One promise, and what was measured. */
export interface Verdict {
  readonly promise: string
  /** For people; absent when it was not measured. */
  readonly measured?: string
  readonly isMet: boolean
  /** A count can be wrong, and then something is broken; a time can only be disappointing. */
  readonly kind: 'count' | 'time'
}

/** How many times faster than `kubectl apply --server-side` a run must be that has nothing to do, by databases. */
const FASTER_THAN_KUBECTL: Readonly<Record<number, number>> = { 100: 12, 1000: 40 }
const LISTS_AT_MOST = 1.6
const FIRST_FASTER_THAN_KUBECTL = 1.5
const MEMORY_AT_MOST_BYTES = 220e6
const REQUESTS_PER_KIND = 3
const OBJECTS_PER_REQUESTS = 500
/** Two measurements of the same thing differ by that much. */
const GROWTH_NOISE = 1.1

/**
 * All promises about the sizes that were measured.
 * @param logins whether our side was to log in
 */
export function verdicts(results: readonly Result[], logins: boolean): readonly Verdict[] {
  const sizes = [...new Set(results.map(({ databases }) => databases))]
  return [...sizes.flatMap((databases) => verdictsOf(results, databases, logins)), ...growth(results)]
}

function verdictsOf(results: readonly Result[], databases: number, logins: boolean): readonly Verdict[] {
  const median = (scenario: Scenario, side: Side): number | undefined =>
    resultOf(results, databases, scenario, side)?.seconds?.median
  const unchanged = resultOf(results, databases, 'unchanged', 'ours')
  const first = resultOf(results, databases, 'first', 'ours')
  const one = resultOf(results, databases, 'one', 'ours')
  const faster = FASTER_THAN_KUBECTL[databases]
  const nothing = `nothing changed, ${databases} databases`
  const list: (Verdict | undefined)[] = [
    faster === undefined
      ? undefined
      : atLeast(`${nothing}: at least ${faster} × faster than kubectl apply`, faster, [
          median('unchanged', 'apply'),
          median('unchanged', 'ours'),
        ]),
    databases < 1000
      ? undefined
      : atMost(`${nothing}: at most ${LISTS_AT_MOST} × the bare LISTs`, LISTS_AT_MOST, [
          median('unchanged', 'ours'),
          median('unchanged', 'list'),
        ]),
    ...nothingDone(nothing, unchanged),
    ...nothingDone(`${nothing} (--no-memory)`, resultOf(results, databases, 'unchanged', 'anew')),
    databases < 1000
      ? undefined
      : atLeast(
          `first apply, ${databases} databases: at least ${FIRST_FASTER_THAN_KUBECTL} × faster than kubectl apply`,
          FIRST_FASTER_THAN_KUBECTL,
          [median('first', 'apply'), median('first', 'ours')],
        ),
    logins ? counted(`first apply, ${databases} databases: a login into each`, databases, first?.logins) : undefined,
    counted(`one object changed, ${databases} databases: 1 dry run`, 1, one?.requests?.dryRuns),
    counted(`one object changed, ${databases} databases: 1 write`, 1, one?.requests?.writes, statusNote(one)),
  ]
  return list.filter((verdict) => verdict !== undefined)
}

/** What a run costs that finds nothing to do. */
function nothingDone(what: string, result: Result | undefined): Verdict[] {
  return [
    counted(`${what}: 0 writes`, 0, result?.requests?.writes),
    counted(`${what}: 0 dry runs`, 0, result?.requests?.dryRuns),
    perKind(`${what}: at most ${REQUESTS_PER_KIND} requests per kind and ${OBJECTS_PER_REQUESTS} objects`, result),
    memory(`${what}: at most ${MEMORY_AT_MOST_BYTES / 1e6} MB`, result),
  ]
}

type Fraction = readonly [above: number | undefined, below: number | undefined]

function atLeast(promise: string, bound: number, fraction: Fraction): Verdict {
  return compared(promise, fraction, (ratio) => ratio >= bound)
}

function atMost(promise: string, bound: number, fraction: Fraction): Verdict {
  return compared(promise, fraction, (ratio) => ratio <= bound)
}

function compared(promise: string, [above, below]: Fraction, isMet: (ratio: number) => boolean): Verdict {
  if (above === undefined || below === undefined) return { promise, isMet: false, kind: 'time' }
  const ratio = above / below
  return { promise, measured: `${ratio.toFixed(2)} ×`, isMet: isMet(ratio), kind: 'time' }
}

function counted(promise: string, expected: number, measured: number | undefined, note = ''): Verdict {
  if (measured === undefined) return { promise, isMet: false, kind: 'count' }
  return { promise, measured: `${measured}${note}`, isMet: measured === expected, kind: 'count' }
}

function statusNote(result: Result | undefined): string {
  const { statusWrites = 0 } = result?.requests ?? {}
  return statusWrites === 0 ? '' : `, ${statusWrites} of them of a status`
}

/** Requests about each resource, whatever they are, beside as many as its objects make necessary. */
function perKind(promise: string, result: Result | undefined): Verdict {
  if (result?.requests === undefined) return { promise, isMet: false, kind: 'count' }
  const requests = new Map<string, number>()
  for (const [key, number] of Object.entries(result.requests.resources)) {
    const resource = key.slice(key.indexOf(' ') + 1).replace(/\/.*/, '')
    if (resource !== 'discovery') requests.set(resource, (requests.get(resource) ?? 0) + number)
  }
  const allowed = REQUESTS_PER_KIND * Math.ceil(result.databases / OBJECTS_PER_REQUESTS)
  const [resource, most] = [...requests].reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0] as [string, number])
  return { promise, measured: `${most} for ${resource}, ${allowed} allowed`, isMet: most <= allowed, kind: 'count' }
}

function memory(promise: string, result: Result | undefined): Verdict {
  const bytes = result?.peakMemoryBytes
  if (bytes === undefined || bytes === 0) return { promise, isMet: false, kind: 'time' }
  return { promise, measured: `${(bytes / 1e6).toFixed(0)} MB`, isMet: bytes <= MEMORY_AT_MOST_BYTES, kind: 'time' }
}

/** Between the smallest and the largest size. */
function growth(results: readonly Result[]): readonly Verdict[] {
  const sizes = [...new Set(results.map(({ databases }) => databases))].toSorted((a, b) => a - b)
  const [small, large] = [sizes[0], sizes.at(-1)]
  if (small === undefined || large === undefined || small === large) return []
  const perObject = (databases: number): number | undefined => {
    const result = resultOf(results, databases, 'first', 'ours')
    return result?.seconds === undefined ? undefined : result.seconds.median / result.objects
  }
  const promise = `first apply: an object of ${large} databases takes no longer than one of ${small}`
  return [atMost(`${promise} (within ${GROWTH_NOISE} ×)`, GROWTH_NOISE, [perObject(large), perObject(small)])]
}
