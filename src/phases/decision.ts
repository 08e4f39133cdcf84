import type { KubernetesObject } from '../api/object.ts'
import type { DatabaseStatus } from '../api/status.ts'
import type { SurplusObservation } from './world.ts'

/** What follows from a World. The caller writes the status first, then performs the effects in order. */
export interface Decision {
  /** The whole status as it should stand; equal to the observed one where nothing is to be written. */
  readonly status: DatabaseStatus
  readonly effects: readonly Effect[]
  /** When to look again. */
  readonly next: Next
}

/** Something to be done, with everything that is needed to do it. */
export type Effect =
  /** Server-side apply, in order. */
  | { readonly type: 'apply'; readonly objects: readonly KubernetesObject[] }
  /** Delete an object without its dependents, wait until it is gone, and create it again. The uid is a precondition. */
  | { readonly type: 'replace'; readonly object: KubernetesObject; readonly uid: string }
  /** Ask for a larger volume. The uid is a precondition; quantities. */
  | {
      readonly type: 'grow-claim'
      readonly name: string
      readonly uid: string
      readonly from: string
      readonly to: string
    }
  /** Create the credentials Secret with a new password, only if there is none. */
  | { readonly type: 'create-credentials' }
  /**
   * Add a new password to the Secret that was made from Git, or write the forms made from the one that is there anew;
   * guarded by its resourceVersion.
   */
  | { readonly type: 'complete-credentials' }
  /** Create the Secret of the standbys with a new password, or complete it. */
  | { readonly type: 'make-replication-secret' }
  /** Delete children that the spec no longer asks for. The uids are preconditions, and each is judged once more. */
  | { readonly type: 'remove'; readonly objects: readonly SurplusObservation[] }
  /**
   * Put a new password beside the current one in the generated Secret. `request`: the value that asks for it. Only where
   * it cannot be done an observation comes of it, which carries the same subject.
   */
  | { readonly type: 'stage-password'; readonly request: string; readonly subject: string }
  /**
   * Make server and Secret agree on the wanted password: change the role's, log in with it, then write the Secret. The
   * observation that comes of it carries the same subject.
   */
  | { readonly type: 'rotate-password'; readonly subject: string }
  /** Check `spec.dependencies`. */
  | { readonly type: 'check-dependencies' }
  /**
   * Log in as the application role, and compare the server's settings with the wanted `postgresql.conf` where there is
   * one. Ask the primary about so many standbys. The observation that comes of it carries the same subject.
   */
  | {
      readonly type: 'verify'
      readonly subject: string
      readonly configuration?: string
      /** How many; their numbers begin with 1. */
      readonly standbys?: number
    }
  /** Delete a pod that hangs on a revision that is no longer wanted. The uid is a precondition. */
  | { readonly type: 'delete-pod'; readonly name: string; readonly uid: string; readonly reason: string }

/** When to look again. */
export type Next =
  /** At once: an effect was performed or a status written that the next pass must see. */
  | { readonly type: 'now' }
  /** When something watched changes, and after that time at the latest. */
  | { readonly type: 'change'; readonly withinMs: number }
  /** After that time, not before, unless the spec changes. */
  | { readonly type: 'after'; readonly delayMs: number; readonly reason: string }
  /** Nothing is left to do. Whoever runs for ever looks again after that time, where one is given. */
  | { readonly type: 'done'; readonly lookAgainMs?: number }
  /** A person asked to leave the database alone: nothing is done until `spec.paused` ends, and nothing was proved. */
  | { readonly type: 'paused' }
  /** Nothing can be done until a person changes the spec or the cluster. */
  | { readonly type: 'stalled'; readonly reason: string }
