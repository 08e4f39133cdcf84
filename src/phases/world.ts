import type { CollationMismatch } from '../api/collation-mismatch.ts'
import type { ConfigurationInUse } from '../api/configuration-in-use.ts'
import type { Database } from '../api/database.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { StandbyState } from '../api/standby-state.ts'

/**
 * What was observed of one Database and everything that belongs to it, at one moment. `decide` sees nothing else: no
 * clock, no cluster, no memory of earlier passes beyond what stands here.
 */
export interface World {
  /** The moment of observation, RFC 3339 in UTC, seconds precision. */
  readonly now: string
  /** The resource as the server stores it: spec with defaults, last written status, uid, generation. */
  readonly database: Database
  /** Every desired child beside the live one, in the order in which they are applied. */
  readonly children: readonly ChildObservation[]
  /** Children that the spec no longer asks for and that are to go; absent where there are none, or where Git keeps them. */
  readonly surplus?: readonly SurplusObservation[]
  readonly credentials: CredentialsObservation
  /** The Secret with the server's certificate; absent without TLS. */
  readonly certificate?: CertificateObservation | undefined
  /** Claims of the database's pods that exist now, whoever made them. */
  readonly claims: readonly ClaimObservation[]
  /** What is known of the Secret of the standbys; absent where none are wanted. */
  readonly replicationSecret?: 'absent' | 'incomplete' | 'complete' | undefined
  /** The live StatefulSet of the primary; `undefined` while there is none. */
  readonly statefulSet: KubernetesObject | undefined
  /** What became of dumps; absent where none are wanted. */
  readonly backup?: BackupObservation | undefined
  /** What became of snapshots of the volume; absent where none are wanted, and where nobody takes them. */
  readonly snapshots?: SnapshotObservation | undefined
  /** The live StatefulSet of the standbys; absent while there is none. */
  readonly standbyStatefulSet?: KubernetesObject | undefined
  /** Live pods of both. */
  readonly pods: readonly KubernetesObject[]
  /** Warning events about the StatefulSet, its pods and claims, newest first. */
  readonly events: readonly EventObservation[]
  /** Results of the most recent `check-dependencies`; `undefined` before the first. */
  readonly dependencies: DependenciesObservation | undefined
  /**
   * Result of the most recent `verify`; `undefined` before the first and while one runs. An old result may stand here
   * for ever: whether it still says something is decided by its `subject`.
   */
  readonly verification: VerificationObservation | undefined
  /** What went wrong while carrying out the most recent decision; `undefined` after success. */
  readonly failure: FailureObservation | undefined
  /** Whether too many attempts have failed (logins, checks of dependencies); absent while they may be made. */
  readonly circuit?: CircuitObservation
  /**
   * A person asks for an attempt now (a new run of `apply`): ends a back-off and lifts a permanent failure. Set it in
   * the first pass only.
   */
  readonly retryRequested?: boolean
  /**
   * Uids of the pods that were there when the person asked. What their bootstrap refused is tried again in any pass: the
   * first one may have other things to do (a child to apply, a deletion that the server puts off).
   */
  readonly podsBeforeRetry?: readonly string[]
}

/** The stage in which a child is applied. */
export type ChildStage = 'provisioning' | 'configuring'

/** One desired child and what applying it would do. */
export interface ChildObservation {
  readonly stage: ChildStage
  /** Exactly what is to be sent, owner reference included. */
  readonly object: KubernetesObject
  /**
   * `create`, `update`, `unchanged`: what server-side apply would do. `conflict`: another field manager owns a field.
   * `replace`: deleted without its pods and created again, because a field that changes is immutable; `replaces` is
   * the uid of the object that goes. `refused`: the server will not have it (invalid, forbidden by admission), or a
   * person must allow its replacement; `message` says why.
   */
  readonly verdict: 'create' | 'update' | 'replace' | 'unchanged' | 'conflict' | 'refused'
  /** Uid of the live object, for `replace`. */
  readonly replaces?: string
  /** The server's words for `conflict` and `refused`. */
  readonly message?: string
}

/** A live child that the spec no longer asks for, that is ours, and that nobody protects. */
export interface SurplusObservation {
  readonly reference: ObjectReference
  readonly uid: string
}

/** The credentials Secret. */
export interface CredentialsObservation {
  /** Name of the Secret: the generated one, or the existing one that the spec names. */
  readonly secretName: string
  /** `generated`: we make the password. `existing`: somebody else keeps the Secret. */
  readonly source: 'generated' | 'existing'
  /** `absent`: no Secret. `incomplete`: a Secret without the password (made from Git). `complete`: a password is there. */
  readonly state: 'absent' | 'incomplete' | 'complete'
  /** Whether its ready-made forms say something else about TLS than the spec does. */
  readonly isOutdated?: boolean
  /** When the Secret was created; `undefined` while absent. */
  readonly createdAt?: string
  /** When any of its fields was last written, by the server's clock. */
  readonly changedAt?: string
  /**
   * `staged`: it holds a next password, which the server accepts already or not yet. `edited`: the forms made from the
   * password are missing or hold another one, which the server may still have. `possible`: a person has put a previous
   * password beside the current one, which matters only where the server rejects that. Absent where none of these.
   */
  readonly rotation?: 'staged' | 'edited' | 'possible'
  /** The request (a value of the annotation) that was answered last. */
  readonly rotatedFor?: string
}

/** The Secret that `spec.tls` names. */
export interface CertificateObservation {
  readonly secretName: string
  /** `incomplete`: a key is missing. `invalid`: the server could not use what is there. `problem` says more. */
  readonly state: 'absent' | 'incomplete' | 'invalid' | 'complete'
  /** What is wrong with one that cannot be used, as the end of a sentence about the Secret. */
  readonly problem?: string
  /** SHA-256 of the server's certificate, where it is complete. */
  readonly fingerprint?: string
  /** When that one ends, RFC 3339 in UTC. */
  readonly expires?: string
}

/** A PersistentVolumeClaim of the database. */
export interface ClaimObservation {
  readonly name: string
  readonly uid: string
  readonly createdAt: string
  readonly phase: string
  /** Requested size, as a quantity. */
  readonly requested: string
  /** Size that the volume has, as a quantity; absent before it is bound. */
  readonly capacity?: string
  /** What its conditions say about a resize; absent where they say nothing. */
  readonly resize?: ResizeObservation
}

/**
 * A condition of a claim that grows.
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */
export interface ResizeObservation {
  /** `Resizing`, `FileSystemResizePending`, `ControllerResizeError` or `NodeResizeError`. */
  readonly type: string
  readonly message: string
}

/** What the CronJob and its Jobs say. */
export interface BackupObservation {
  /** When a dump was complete last. */
  readonly lastSuccess?: string
  /** The last Job that failed, where none has succeeded since. */
  readonly failure?: { readonly job: string; readonly at: string; readonly message: string } | undefined
}

/** What is known of the snapshots of the volume. */
export interface SnapshotObservation {
  /** When the newest usable one was taken. */
  readonly lastReady?: string
  /** Why there is no newer one. */
  readonly trouble?: { readonly reason: string; readonly message: string }
}

/** A warning about one of the database's objects. */
export interface EventObservation {
  readonly kind: string
  readonly name: string
  readonly reason: string
  readonly message: string
  /** When it was seen last. */
  readonly time: string
}

/** The outcome of one `check-dependencies`. */
export interface DependenciesObservation {
  /** `metadata.generation` of the Database whose `spec.dependencies` were checked. */
  readonly generation: number
  /** When it was made, by the clock of `World.now`. */
  readonly at: string
  readonly results: readonly DependencyObservation[]
}

/** One entry of `spec.dependencies` and whether it is there. `message` says only reachable or unreachable. */
export interface DependencyObservation {
  readonly name: string
  readonly available: boolean
  readonly message: string
}

/** Outcome of the login as the application role. */
export type VerificationObservation =
  | (VerificationAttempt & {
      readonly ok: true
      readonly serverVersion: string
      /** Absent where there was nothing to compare. */
      readonly configuration?: ConfigurationInUse
      /** What the primary says of each standby that was asked for; absent where none was. */
      readonly standbys?: readonly StandbyState[]
      /** What the server presented: when it ends, RFC 3339, and whether it is the one in the Secret. Absent without TLS. */
      readonly certificate?: { readonly expires: string; readonly isWanted: boolean }
      /** Absent where text is sorted as it was when the indexes were built. */
      readonly collation?: CollationMismatch
    })
  | (VerificationAttempt & { readonly ok: false; readonly reason: string; readonly message: string })
  /** This run verifies nothing, whatever the subject. */
  | { readonly ok: 'skipped' }

/** What was verified and when. */
export interface VerificationAttempt {
  /** The `subject` of the `verify` effect, unchanged. */
  readonly subject: string
  /** When the login was tried, by the clock of `World.now`. */
  readonly at: string
}

/** A circuit that is not closed. */
export interface CircuitObservation {
  /** Milliseconds until an attempt is let through; 0 where one may be made now. */
  readonly retryInMs: number
}

/** Why the last decision could not be carried out. The class decides what follows, never the text. */
export interface FailureObservation {
  /**
   * `transient`: known to pass (timeout, 429, 5xx, network, conflict). `permanent`: nobody but a person can help
   * (invalid, forbidden). `unknown`: anything else.
   */
  readonly class: 'transient' | 'permanent' | 'unknown'
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
  /** `metadata.generation` of the Database that the failed decision was about: a new one starts afresh. */
  readonly generation: number
  /** When it happened, by the clock of `World.now`. Tells a failure that is counted already from a new one. */
  readonly at: string
}
