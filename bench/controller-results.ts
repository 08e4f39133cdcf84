/** What was measured of the controller, as text and as promises kept or not. */
import type { RequestCounts } from './requests.ts'
import type { Verdict } from './verdicts.ts'

/** The same writes by bare requests. */
export interface FloorResult {
  readonly seconds: number
  /** Of the machine, what programs took meanwhile that have no part in it: 0 to 1. */
  readonly othersShare: number
  /** Of each database. */
  readonly writes: number
  readonly cpuSeconds: number
  /** Of etcd, API server and controller manager, until they had nothing left to do. */
  readonly serverCpuSeconds: number
}

/** So many databases created at once. */
export interface FleetResult {
  readonly databases: number
  /** From the first create to the last Ready. */
  readonly seconds: number
  /** Of the machine, what programs took meanwhile that have no part in it: 0 to 1. */
  readonly othersShare: number
  /** The same writes by bare requests, the creates of the databases left out. */
  readonly floor?: FloorResult
  /** Of the controller, until all were Ready and it had nothing left to do. */
  readonly requests: RequestCounts
  readonly cpuSeconds: number
  readonly peakMemoryBytes: number
  readonly serverCpuSeconds: number
  /** From a change of a child to the controller's write, in milliseconds; in ascending order. */
  readonly corrections: readonly number[]
  /** What one that starts is sent of them. */
  readonly watchedBytes: number
  /** What it logged as warning or error. */
  readonly complaints: Readonly<Record<string, number>>
}

/** A converged fleet, left alone. */
export interface QuietResult {
  readonly databases: number
  readonly minutes: number
  readonly requests: RequestCounts
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

const FLOOR_AT_MOST = 2
const REQUESTS_AT_MOST = 1.3
const MEMORY_AT_MOST_BYTES = 250e6
const MEDIAN_BELOW_MS = 50
const P99_BELOW_MS = 500
const PER_MINUTE_AT_MOST = 12
const CPU_BELOW_PERCENT = 1

/** The value below which so much of a sorted list lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** What was promised of a fleet of that size, beside one database alone. */
export function fleetVerdicts(result: FleetResult, alone: FleetResult): readonly Verdict[] {
  const { databases, seconds, floor, requests, peakMemoryBytes, corrections } = result
  const of = `${databases} databases at once`
  const perDatabase = requests.total / databases
  const list: readonly (Verdict | undefined)[] = [
    floor === undefined
      ? undefined
      : bound(
          `${of}: Ready in at most ${FLOOR_AT_MOST} × the time of bare requests`,
          'time',
          seconds / floor.seconds,
          FLOOR_AT_MOST,
          '×',
        ),
    floor === undefined
      ? undefined
      : bound(
          `${of}: the same of the machine's time that others left (they took ${percent(result.othersShare)}, and ${percent(floor.othersShare)} of the bare requests')`,
          'time',
          (seconds * (1 - result.othersShare)) / (floor.seconds * (1 - floor.othersShare)),
          FLOOR_AT_MOST,
          '×',
        ),
    // On a busy machine time says little, for the two were not run at the same moment.
    floor === undefined
      ? undefined
      : bound(
          `${of}: at most ${FLOOR_AT_MOST} × the processor time of bare requests, server and client together`,
          'time',
          (result.cpuSeconds + result.serverCpuSeconds) / (floor.cpuSeconds + floor.serverCpuSeconds),
          FLOOR_AT_MOST,
          '×',
        ),
    bound(
      `${of}: at most ${REQUESTS_AT_MOST} × the requests of one alone, for each`,
      'count',
      perDatabase / alone.requests.total,
      REQUESTS_AT_MOST,
      '×',
    ),
    bound(
      `${of}: at most ${MEMORY_AT_MOST_BYTES / 1e6} MB`,
      'time',
      peakMemoryBytes / 1e6,
      MEMORY_AT_MOST_BYTES / 1e6,
      'MB',
    ),
    bound(
      `${of}: a change is corrected in ${MEDIAN_BELOW_MS} ms, median`,
      'time',
      quantile(corrections, 0.5),
      MEDIAN_BELOW_MS,
      'ms',
    ),
    bound(`${of}: and in ${P99_BELOW_MS} ms, 99 %`, 'time', quantile(corrections, 0.99), P99_BELOW_MS, 'ms'),
  ]
  return list.filter((verdict) => verdict !== undefined)
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

/** What was promised of quiet. */
export function quietVerdicts({ databases, minutes, requests, cpuSeconds }: QuietResult): readonly Verdict[] {
  const of = `${databases} Ready databases, ${minutes} minutes`
  return [
    bound(`${of}: 0 writes`, 'count', requests.writes, 0, ''),
    bound(
      `${of}: at most ${PER_MINUTE_AT_MOST} requests a minute`,
      'count',
      requests.total / minutes,
      PER_MINUTE_AT_MOST,
      '',
    ),
    bound(
      `${of}: less than ${CPU_BELOW_PERCENT} % of a core`,
      'time',
      (cpuSeconds / (minutes * 60)) * 100,
      CPU_BELOW_PERCENT,
      '%',
    ),
  ]
}

function bound(promise: string, kind: Verdict['kind'], value: number, most: number, unit: string): Verdict {
  return { promise, kind, measured: `${value.toFixed(2)} ${unit}`.trim(), isMet: value <= most }
}

/** A line for each size, and the requests by kind. */
export function formatFleets(results: readonly FleetResult[]): string {
  const head = [
    'databases',
    'Ready in',
    'bare',
    'requests',
    'each',
    'CPU',
    'server',
    'memory',
    'median',
    '99 %',
    'sent',
  ]
  const rows = results.map((result) => {
    const {
      databases,
      seconds,
      floor,
      requests,
      cpuSeconds,
      serverCpuSeconds,
      peakMemoryBytes,
      corrections,
      watchedBytes,
    } = result
    return [
      String(databases),
      `${seconds.toFixed(2)} s`,
      floor === undefined ? '' : `${floor.seconds.toFixed(2)} s`,
      String(requests.total),
      (requests.total / databases).toFixed(2),
      `${cpuSeconds.toFixed(2)} s`,
      `${serverCpuSeconds.toFixed(1)} s`,
      `${(peakMemoryBytes / 1e6).toFixed(0)} MB`,
      corrections.length === 0 ? '' : `${quantile(corrections, 0.5).toFixed(0)} ms`,
      corrections.length === 0 ? '' : `${quantile(corrections, 0.99).toFixed(0)} ms`,
      `${(watchedBytes / databases / 1000).toFixed(1)} kB`,
    ]
  })
  const table = [head, ...rows].map((row) => row.map((cell) => cell.padStart(10)).join(' ')).join('\n')
  const kinds = results.map(({ databases, requests, complaints, floor }) => {
    const bare =
      floor === undefined
        ? ''
        : `  bare: ${floor.writes} writes for each; ${floor.cpuSeconds.toFixed(2)} s of processor time, ${floor.serverCpuSeconds.toFixed(1)} s of the server's\n`
    const said = Object.entries(complaints).map(([message, times]) => `  logged ${times} ×: ${message}\n`)
    return `${databases} databases, requests by kind\n  ${requests.writes} writes, ${(requests.writes / databases).toFixed(2)} for each\n${bare}${formatRequests(requests, databases)}${said.join('')}`
  })
  return `${table}\n\n${kinds.join('\n')}`
}

/** The requests by verb and resource, most first, of all and for each database. */
export function formatRequests({ resources }: RequestCounts, databases: number): string {
  return Object.entries(resources)
    .toSorted(([, a], [, b]) => b - a)
    .map(
      ([kind, number]) => `  ${String(number).padStart(6)}  ${(number / databases).toFixed(2).padStart(6)}  ${kind}\n`,
    )
    .join('')
}
