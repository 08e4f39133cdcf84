import type { AddressProbe } from './dependencies.ts'
import type { PlanDetails } from './planned-changes.ts'
import type { VerificationRoute } from './verification.ts'

/** How a run behaves. */
export interface RunOptions {
  /** `server`: ask what would happen and stop. `none`: do it. */
  readonly dryRun: 'none' | 'server'
  /** What the plan tells beyond actions and fields. */
  readonly details: PlanDetails
  /** Print the differences of every object. */
  readonly showDifferences: boolean
  /** Databases that are worked on at the same time. Those that wait do not count. */
  readonly concurrency: number
  readonly force: boolean
  readonly wait: boolean
  readonly paceMs: number
  readonly route: VerificationRoute
  /** Whether to log in also where nothing changed. @default only where the run has few databases */
  readonly verifyUnchanged?: boolean | undefined
  /** Ask the server also about what the managed fields prove to be unchanged. */
  readonly verifyWithDryRun: boolean
  readonly probe: AddressProbe
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  readonly now: () => number
}
