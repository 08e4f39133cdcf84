import type { DatabaseStatus } from '../../api/status.ts'

/** How one database ended. */
export type DatabaseOutcome =
  | {
      readonly type: 'ready'
      readonly status: DatabaseStatus
      /** By a login of this run, by one of an earlier run that still stands, or not at all. */
      readonly verification: 'verified' | 'earlier' | 'none'
    }
  /** `--no-wait`: applied, and left to itself. */
  | { readonly type: 'applied' }
  /** `spec.paused`: left alone, whatever state it is in. */
  | { readonly type: 'paused' }
  /** Nothing can be done until a person changes something. */
  | { readonly type: 'stalled'; readonly reason: string; readonly message: string }
  /** Not ready when the time was over. */
  | { readonly type: 'timeout'; readonly reason: string; readonly message: string }
  | { readonly type: 'interrupted' }
