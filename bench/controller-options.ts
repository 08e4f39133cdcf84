/** The flags of the benchmark of the controller. */
import { parseArgs } from 'node:util'
import { wholeNumber } from './options.ts'

/** What is measured of the controller. */
export interface ControllerBenchOptions {
  /** Numbers of databases that are created at once, each measured for itself. One alone is measured in any case. */
  readonly databases: readonly number[]
  /** Whether the requests of a converged fleet are counted for minutes instead. */
  readonly quiet: boolean
  /** For how long, in minutes. */
  readonly minutes: number
  /** Whether the same writes are also sent bare. */
  readonly floor: boolean
  /** Flags of the controller. */
  readonly flags: readonly string[]
  readonly json: string | undefined
  readonly profile: string | undefined
  readonly command: string | undefined
}

/** The flags, for people. */
export const CONTROLLER_USAGE = `npm run bench -- --controller [flags]
  --databases LIST   databases that are created at once (500; 100 with --quiet)
  --quiet            how quiet a converged fleet is, instead
  --minutes N        for so long (5)
  --no-floor         without the same writes by bare requests, for the growth alone
  --workers N        workers of the controller (its default)
  --json FILE        write the results there, too
  --profile DIR      write CPU profiles of the controller there
  --command FILE     a built cli.js (default: built from the source now)
`

/** Reads the flags. @throws RangeError, TypeError for what cannot be meant */
export function readControllerOptions(args: readonly string[]): ControllerBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      databases: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '5' },
      floor: { type: 'boolean', default: true },
      workers: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      command: { type: 'string' },
    },
  })
  const { quiet, floor, json, profile, command } = values
  const databases = values.databases ?? (quiet ? '100' : '500')
  return {
    databases: databases.split(',').map((text) => wholeNumber(text, 'databases')),
    quiet,
    minutes: wholeNumber(values.minutes, 'minutes'),
    floor,
    flags: values.workers === undefined ? [] : ['--workers', values.workers],
    json,
    profile,
    command,
  }
}
