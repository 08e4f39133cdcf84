/** What was measured. */
import type { Traffic } from './network.ts'
import type { ChildRun } from './child.ts'
import type { FloorReport } from './floor.ts'
import type { RequestCounts } from './requests.ts'
import type { Side } from './sides.ts'

/** What is done: everything is new, nothing changed, one image in a hundred databases, one object of all. */
export const SCENARIOS = ['first', 'unchanged', 'image', 'one'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** Seconds of several runs. */
export interface Times {
  readonly min: number
  readonly median: number
  readonly max: number
  readonly all: readonly number[]
}

/** One side doing one thing to one number of databases. */
export interface Result {
  readonly databases: number
  /** Objects in the manifests. */
  readonly objects: number
  readonly scenario: Scenario
  readonly side: Side
  /** Absent when it was not timed. */
  readonly seconds?: Times
  /** The largest of all timed runs; 0 where the system does not say. */
  readonly peakMemoryBytes?: number
  /** Median processor time of the side's process: a busy machine changes it less than the time on the clock. */
  readonly cpuSeconds?: number
  /** The same of the control plane, from the process's start to its end. */
  readonly serverCpuSeconds?: number
  /** A fixed computation before each run: how fast the machine was then. @see reference-loop.ts */
  readonly reference?: Times
  /** Of one run that was counted and not timed. */
  readonly requests?: RequestCounts
  readonly traffic?: Traffic
  /** Logins into databases that succeeded. */
  readonly logins?: number
  /** Of the LISTs: what each kind amounts to. */
  readonly usage?: FloorReport
  /** Why a run failed; its time is not among the others. */
  readonly failures: readonly string[]
}

/** What a timed run showed. */
export interface TimedRun extends Pick<ChildRun, 'seconds' | 'figures'> {
  readonly serverCpuSeconds: number
  readonly reference: number
}

/** What a counted run showed. */
export type Counted = Required<Pick<Result, 'requests' | 'traffic' | 'logins'>>

interface Collected {
  readonly result: Pick<Result, 'databases' | 'objects' | 'scenario' | 'side'>
  readonly runs: TimedRun[]
  readonly failures: string[]
  usage?: FloorReport
  counted?: Counted
}

/** Where in the results something belongs. */
export type Place = Pick<Result, 'databases' | 'objects' | 'scenario' | 'side'>

/** Collects what is measured. */
export class Results {
  readonly #collected = new Map<string, Collected>()

  addRun(place: Place, run: TimedRun): void {
    this.#at(place).runs.push(run)
  }

  addFailure(place: Place, message: string): void {
    this.#at(place).failures.push(message)
  }

  addCounts(place: Place, counted: Counted): void {
    this.#at(place).counted = counted
  }

  addUsage(place: Place, usage: FloorReport): void {
    this.#at(place).usage = usage
  }

  /** By size, then in the order of the scenarios, then in the order in which the sides came. */
  all(): readonly Result[] {
    const results = [...this.#collected.values()].map(({ result, runs, failures, usage, counted }): Result => {
      return {
        ...result,
        ...(runs.length === 0 ? {} : figuresOf(runs)),
        ...(usage === undefined ? {} : { usage }),
        ...counted,
        failures,
      }
    })
    return results.toSorted(
      (a, b) => a.databases - b.databases || SCENARIOS.indexOf(a.scenario) - SCENARIOS.indexOf(b.scenario),
    )
  }

  #at(place: Place): Collected {
    const key = `${place.databases} ${place.scenario} ${place.side}`
    const found = this.#collected.get(key) ?? { result: place, runs: [], failures: [] }
    this.#collected.set(key, found)
    return found
  }
}

function figuresOf(
  runs: readonly TimedRun[],
): Required<Pick<Result, 'seconds' | 'peakMemoryBytes' | 'cpuSeconds' | 'serverCpuSeconds' | 'reference'>> {
  return {
    seconds: timesOf(runs.map(({ seconds }) => seconds)),
    peakMemoryBytes: Math.max(...runs.map(({ figures }) => figures.peakMemoryBytes)),
    cpuSeconds: timesOf(runs.map(({ figures }) => figures.cpuSeconds)).median,
    serverCpuSeconds: timesOf(runs.map((done) => done.serverCpuSeconds)).median,
    reference: timesOf(runs.map(({ reference }) => reference)),
  }
}

/** Smallest, middle and largest; the middle of an even number lies between two. */
export function timesOf(seconds: readonly number[]): Times {
  const sorted = seconds.toSorted((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  return { min: sorted[0] ?? 0, median: (low + high) / 2, max: sorted.at(-1) ?? 0, all: seconds }
}

/** The result of a side, where there is one. */
export function resultOf(
  results: readonly Result[],
  databases: number,
  scenario: Scenario,
  side: Side,
): Result | undefined {
  return results.find(
    (result) => result.databases === databases && result.scenario === scenario && result.side === side,
  )
}
