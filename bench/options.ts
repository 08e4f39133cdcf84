/** The flags of the benchmark. */
import { parseArgs } from 'node:util'
import { SCENARIOS } from './results.ts'
import type { Scenario } from './results.ts'
import { SIDES } from './sides.ts'
import type { Side } from './sides.ts'

/** What is measured, and how. */
export interface BenchOptions {
  /** Sizes, each measured for itself. */
  readonly databases: readonly number[]
  /** Namespaces over which the databases are spread. */
  readonly namespaces: number
  /** How far the programs are from the API server, in milliseconds. */
  readonly roundTripMs: number
  /** Repetitions of everything that is timed. */
  readonly rounds: number
  readonly sides: readonly Side[]
  /** What is measured of each; without `first`, only who fills the cluster for the others applies first. */
  readonly scenarios: readonly Scenario[]
  /** Whether requests, bytes and connections are counted, in clusters of their own. */
  readonly counts: boolean
  /** Where the results go as JSON. */
  readonly json: string | undefined
  /** Directory for CPU profiles of our side. */
  readonly profile: string | undefined
  /** A built `cli.js`. @default the source, built now */
  readonly command: string | undefined
  /** Whether our side logs into every database. */
  readonly verifies: boolean
  /** Flags for our side beside `-f`. */
  readonly flags: readonly string[]
  /** How long one process may take, in milliseconds. */
  readonly deadlineMs: number
}

/** The flags, for people. */
export const USAGE = `npm run bench -- [flags]
  --controller       measure the controller instead; it has flags of its own
  --databases LIST   sizes (100,1000)
  --namespaces N     namespaces over which they are spread (1)
  --round-trip MS    distance between the programs and the API server (0)
  --rounds N         repetitions (3)
  --sides LIST       ${SIDES.join(',')} (all)
  --scenarios LIST   ${SCENARIOS.join(',')} (all)
  --no-counts        times only: requests and bytes are counted in further clusters, which takes as long again
  --json FILE        write the results there, too
  --profile DIR      write CPU profiles of our side there
  --command FILE     a built cli.js (default: built from the source now)
  --verify ROUTE     how our side logs in: auto, off (auto)
  --deadline SECONDS for each process (900)
`

/** Reads the flags. @throws RangeError, TypeError for what cannot be meant */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      databases: { type: 'string', default: '100,1000' },
      namespaces: { type: 'string', default: '1' },
      'round-trip': { type: 'string', default: '0' },
      rounds: { type: 'string', default: '3' },
      sides: { type: 'string', default: SIDES.join(',') },
      scenarios: { type: 'string', default: SCENARIOS.join(',') },
      counts: { type: 'boolean', default: true },
      json: { type: 'string' },
      profile: { type: 'string' },
      command: { type: 'string' },
      verify: { type: 'string', default: 'auto' },
      deadline: { type: 'string', default: '900' },
    },
  })
  const deadlineMs = wholeNumber(values.deadline, 'deadline') * 1000
  return {
    databases: values.databases.split(',').map((text) => wholeNumber(text, 'databases')),
    namespaces: wholeNumber(values.namespaces, 'namespaces'),
    roundTripMs: values['round-trip'] === '0' ? 0 : wholeNumber(values['round-trip'], 'round-trip'),
    rounds: wholeNumber(values.rounds, 'rounds'),
    sides: values.sides.split(',').map((text) => oneOf(SIDES, text, 'sides')),
    scenarios: values.scenarios.split(',').map((text) => oneOf(SCENARIOS, text, 'scenarios')),
    counts: values.counts,
    json: values.json,
    profile: values.profile,
    command: values.command,
    verifies: values.verify !== 'off',
    // Our own patience ends after the benchmark's: what hangs is reported as that.
    flags: [
      '--timeout',
      `${deadlineMs / 1000 + 60}s`,
      ...(values.verify === 'auto' ? [] : ['--verify', values.verify]),
    ],
    deadlineMs,
  }
}

/** A whole number above 0. @throws RangeError for anything else */
export function wholeNumber(text: string, flag: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new RangeError(`--${flag} ${text} is not possible: use a whole number above 0`)
}

function oneOf<Word extends string>(words: readonly Word[], text: string, flag: string): Word {
  const word = words.find((known) => known === text)
  if (word === undefined) throw new RangeError(`--${flag} ${text} is not known: ${words.join(', ')}`)
  return word
}
