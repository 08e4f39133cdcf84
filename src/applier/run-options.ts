import type { ObjectReference } from '../api/object.ts'
import type { Confirm } from './consent.ts'
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
  /** Take the place of whoever keeps an object. */
  readonly takeOver: boolean
  /** Name of another apply set that knows an object. @default none does */
  readonly otherSet?: ((reference: ObjectReference) => string | undefined) | undefined
  /** The command line of this run with one more flag, to be pasted. */
  readonly rerun: (flag: string) => string
  /** Asks before what cannot be undone, or is somebody else's. */
  readonly confirm: Confirm
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
