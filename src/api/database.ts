import type { API_VERSION, KIND } from './group.ts'
import type { ObjectMeta } from './object.ts'
import type { DatabaseSpec } from './spec.ts'
import type { DatabaseStatus } from './status.ts'

/** A Database resource, after defaults. */
export interface Database {
  readonly apiVersion: typeof API_VERSION
  readonly kind: typeof KIND
  readonly metadata: ObjectMeta
  readonly spec: DatabaseSpec
  readonly status?: DatabaseStatus
  readonly [field: string]: unknown
}
