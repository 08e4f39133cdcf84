/** Results as text. */
import { SCENARIOS, resultOf, timesOf } from './results.ts'
import type { Result, Scenario } from './results.ts'
import { SIDES, SIDE_NAMES } from './sides.ts'
import type { Side } from './sides.ts'
import type { Verdict } from './verdicts.ts'

const SCENARIO_NAMES: Readonly<Record<Scenario, string>> = {
  first: 'first apply',
  unchanged: 'nothing changed',
  image: 'one image changed in 1 %',
  one: 'one object changed',
}

/** Ratios are of the sides below to each of these. */
const FLOORS: Readonly<Record<Scenario, Side | undefined>> = {
  first: 'patch',
  unchanged: 'list',
  image: undefined,
  one: undefined,
}

const HEAD = [
  '',
  'median',
  'min',
  'max',
  'CPU',
  'server',
  'requests',
  'conn.',
  'received',
  'memory',
  'kubectl',
  'floor',
] as const
const WIDTHS = [30, 9, 8, 8, 8, 8, 9, 6, 10, 8, 9, 9] as const

/** A table for each size. */
export function formatTable(results: readonly Result[]): string {
  const sizes = [...new Set(results.map(({ databases }) => databases))]
  return sizes.map((databases) => tableOf(results, databases)).join('\n')
}

function tableOf(results: readonly Result[], databases: number): string {
  const objects = results.find((result) => result.databases === databases)?.objects ?? 0
  const lines = [`${databases} databases, ${objects} objects`, referenceLine(results, databases), row(HEAD)]
  for (const scenario of SCENARIOS) {
    const rows = SIDES.flatMap((side) => resultOf(results, databases, scenario, side) ?? [])
    if (rows.length === 0) continue
    lines.push(SCENARIO_NAMES[scenario])
    for (const result of rows) lines.push(rowOf(result, results))
  }
  lines.push(...usageOf(resultOf(results, databases, 'unchanged', 'list')))
  return `${lines.join('\n')}\n`
}

/** How evenly the machine worked. */
function referenceLine(results: readonly Result[], databases: number): string {
  const all = results
    .filter((result) => result.databases === databases)
    .flatMap(({ reference }) => reference?.all ?? [])
  const { min, median, max } = timesOf(all)
  const [low, middle, high] = [min, median, max].map((seconds) => (seconds * 1000).toFixed(0))
  return `a fixed computation took ${middle} ms (${low} to ${high}) before the runs: the further apart, the less they say`
}

/** What the LISTs return, largest first. */
function usageOf(result: Result | undefined): readonly string[] {
  const entries = Object.entries(result?.usage ?? {}).toSorted(([, a], [, b]) => b.bytesReceived - a.bytesReceived)
  const texts = entries.map(([resource, { requests, objects, bytesReceived }]) => {
    const each = objects === 0 ? '' : `, ${(bytesReceived / objects / 1000).toFixed(1)} kB each`
    return `  ${resource}: ${megabytes(bytesReceived)}, ${objects} in ${requests} pages${each}`
  })
  return texts.length === 0 ? [] : ['bare LISTs by kind', ...texts]
}

function rowOf(result: Result, results: readonly Result[]): string {
  const { databases, scenario, side, seconds, requests, traffic, peakMemoryBytes, failures } = result
  const time = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(2)} s`)
  const medianOf = (other: Side | undefined): number | undefined =>
    other === undefined ? undefined : resultOf(results, databases, scenario, other)?.seconds?.median
  const ratio = (a: number | undefined, b: number | undefined): string =>
    a === undefined || b === undefined ? '' : `${(a / b).toFixed(a / b < 10 ? 2 : 1)} ×`
  const failed = failures.length === 0 ? '' : `   FAILED ${failures.length} times: ${failures[0]?.split('\n')[0] ?? ''}`
  return `${row([
    `  ${SIDE_NAMES[side]}`,
    time(seconds?.median),
    time(seconds?.min),
    time(seconds?.max),
    time(result.cpuSeconds),
    time(result.serverCpuSeconds),
    requests === undefined ? '' : String(requests.total),
    traffic === undefined ? '' : String(traffic.connections),
    traffic === undefined ? '' : megabytes(traffic.bytesReceived),
    peakMemoryBytes === undefined || peakMemoryBytes === 0 ? '' : megabytes(peakMemoryBytes),
    side === 'apply' ? '' : ratio(medianOf('apply'), seconds?.median),
    side === FLOORS[scenario] ? '' : ratio(seconds?.median, medianOf(FLOORS[scenario])),
  ])}${failed}`
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index] ?? 0)))
    .join(' ')
    .trimEnd()
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

/** A line for each promise. */
export function formatVerdicts(list: readonly Verdict[]): string {
  return list
    .map(({ promise, measured, isMet }) =>
      measured === undefined ? `not measured  ${promise}` : `${isMet ? 'met   ' : 'MISSED'}  ${promise}: ${measured}`,
    )
    .join('\n')
    .concat('\n')
}
