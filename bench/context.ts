import type { BenchOptions } from './options.ts'
import type { Results } from './results.ts'
import type { Programs } from './sides.ts'

/** What a benchmark works with. */
export interface BenchContext {
  readonly options: BenchOptions
  readonly programs: Programs
  readonly results: Results
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** Takes a line about what is going on. */
  readonly log: (line: string) => void
}
