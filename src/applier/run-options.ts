import type { Confirm } from './consent.ts'
import type { AddressProbe } from './databases/dependencies.ts'
import type { PreparationOptions } from './preparation.ts'
import type { SettledMemory } from './planning/settled-record.ts'
import type { VerificationRoute } from './databases/verification.ts'

/** How a run behaves. */
export interface RunOptions extends Omit<PreparationOptions, 'askEverything'> {
  /** `server`: ask what would happen and stop. `none`: do it. */
  readonly dryRun: 'none' | 'server'
  /** Databases that are worked on at the same time. Those that wait do not count. */
  readonly concurrency: number
  /** Asks before what cannot be undone, or is somebody else's. */
  readonly confirm: Confirm
  readonly wait: boolean
  /** Longest wait for one database or object, in milliseconds. @default only the deadline ends it */
  readonly objectTimeoutMs?: number | undefined
  readonly paceMs: number
  readonly route: VerificationRoute
  /** Whether to log in also where nothing changed. @default only where the run has few databases */
  readonly verifyUnchanged?: boolean | undefined
  /** Where a run leaves what the next one need not find out again. @default nothing is left */
  readonly memory?: SettledMemory | undefined
  readonly probe: AddressProbe
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
}
