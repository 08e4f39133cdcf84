/** Bounds of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal
  /** Time for one attempt, in milliseconds. @default the transport's, 30000 */
  readonly timeoutMs?: number
  /** Time for all attempts, in milliseconds. @default the transport's, 60000 */
  readonly deadlineMs?: number
}

/** Options of every call that writes. */
export interface WriteOptions extends CallOptions {
  /** Who is recorded as owner of the fields. @default 'cdk8s-database' */
  readonly fieldManager?: string
  /** Goes through admission and validation, stores nothing. @default false */
  readonly dryRun?: boolean
}

/** Options of server-side apply. */
export interface ApplyOptions extends WriteOptions {
  /** Takes over fields that another manager owns with another value. @default false: such a field is an error */
  readonly force?: boolean
  /** The reply holds `metadata` only. @default false */
  readonly metadataOnly?: boolean
}

/** Options of a deletion. */
export interface DeleteOptions extends CallOptions {
  /** Deletes this object only, not one of the same name that was created later. Makes the request safe to repeat. */
  readonly uid?: string
  /** Deletes only if nothing changed since it was read. */
  readonly resourceVersion?: string
  /** What happens to the object's dependents. @default the kind's own, usually 'Background' */
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  /** @default the kind's own, 30 for pods */
  readonly gracePeriodSeconds?: number
  readonly dryRun?: boolean
}

/** A collection: one kind, in one namespace or all, narrowed by selectors. */
export interface Selection {
  readonly apiVersion: string
  readonly kind: string
  /** Absent: all namespaces. */
  readonly namespace?: string
  /** `app.kubernetes.io/instance=orders` */
  readonly labelSelector?: string
  /** `metadata.name=orders` */
  readonly fieldSelector?: string
}
