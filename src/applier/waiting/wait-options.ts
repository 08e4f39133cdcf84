import type { ExitCode } from '../../api/exit-code.ts'
import type { StatusWord } from '../../api/kstatus.ts'
import type { ObjectReference } from '../../api/object.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

/** What waiting needs of a cluster. */
export type WaitingApi = Pick<ClusterApi, 'get' | 'list' | 'watch' | 'hasStatus'>

/** Why an object is waited for. Told when the reason is another than before. */
export interface WaitProgress {
  readonly object: ObjectReference
  readonly word: StatusWord
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
}

/** How the wait for one object ended. */
export type WaitOutcome =
  | { readonly type: 'current'; readonly object: ObjectReference; readonly message: string; readonly exitCode: 0 }
  /** It cannot get better while nothing is changed. */
  | (Ended & { readonly type: 'failed'; readonly exitCode: 1 })
  /** Its own time, or that of the run, was over. `reason` says what it still waited for. */
  | (Ended & { readonly type: 'timeout'; readonly exitCode: 4 })
  | (Ended & { readonly type: 'interrupted'; readonly exitCode: 130 })

interface Ended {
  readonly object: ObjectReference
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
  /** What to type next. */
  readonly remedy: string
  readonly exitCode: ExitCode
}

/** How to wait. */
export interface WaitOptions {
  /** Ends the wait: what is not ready by then was not ready in time. */
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Longest wait for one object, in milliseconds. @default only the deadline ends it */
  readonly objectTimeoutMs?: number
  /** How long a cause has to stand before it counts as permanent, in milliseconds. @default 20000 */
  readonly patienceMs?: number
  /** Restarts after which a container that keeps exiting is given up. @default 3 */
  readonly restarts?: number
  /**
   * Everything that the set names, also what is not waited for: a pod that lacks a Secret of the set is not given up.
   * @default the objects that are waited for
   */
  readonly set?: readonly ObjectReference[]
  /**
   * Whether something else of the run is still on its way (a database) that a crashing or half-configured pod may be
   * waiting for. As long as it says yes, no pod is given up for that. @default no
   */
  readonly mayStillHelp?: () => boolean
  readonly onWaiting?: (progress: WaitProgress) => void
  /** One object is settled; comes once for each, as soon as it is known. */
  readonly onSettled?: (outcome: WaitOutcome) => void
  /** Something about the waiting itself: no right to watch, no answer for a while. */
  readonly onWarning?: (message: string) => void
}
