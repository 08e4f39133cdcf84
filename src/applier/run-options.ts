import type { AddressProbe } from './dependencies.ts'
import type { VerificationRoute } from './verification.ts'

/** How a run behaves. */
export interface RunOptions {
  /** `server`: ask what would happen and stop. `none`: do it. */
  readonly dryRun: 'none' | 'server'
  /** Print the differences of every object. */
  readonly showDifferences: boolean
  /** Databases that are worked on at the same time; each waits most of the time. */
  readonly concurrency: number
  readonly force: boolean
  readonly wait: boolean
  readonly paceMs: number
  readonly route: VerificationRoute
  readonly probe: AddressProbe
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  readonly now: () => number
}
