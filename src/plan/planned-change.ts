import type { ObjectReference } from '../api/object.ts'
import type { FieldConflict } from './field-conflict.ts'
import type { FieldDifference } from './difference.ts'
import type { FieldOwner } from './field-owners.ts'
import type { Impact } from './impact.ts'

/**
 * What is about to happen to one object.
 *
 * - `create`, `update`, `unchanged`: what server-side apply would do
 * - `replace`: deleted without its dependents and created again, because a field that changes is immutable
 * - `delete`: it goes; `keep`: it could go, but stays
 * - `conflict`: another field manager owns a field that would change
 * - `refused`: the server, or a rule of ours, will not have it
 * - `foreign`: somebody else manages the object
 */
export type Action =
  | 'create'
  | 'update'
  | 'replace'
  | 'delete'
  | 'unchanged'
  | 'keep'
  | 'conflict'
  | 'refused'
  | 'foreign'

/**
 * What an action rests on.
 *
 * - `certificate`: proved from the managed fields, nobody was asked
 * - `remembered`: proved by an earlier run, and nothing of its database was written since (ADR 25)
 * - `dry-run`: the server was asked about this object
 * - `sample`: the server was asked about others of its kind and namespace
 * - `schema`: checked against the schema of the same manifests only, because its definition is still to come
 * - `none`: nobody can be asked yet, because its namespace, or a Role that it binds, is still to come
 * - `observation`: what is there was read; no apply is planned
 */
export type Proof = 'certificate' | 'remembered' | 'dry-run' | 'sample' | 'schema' | 'none' | 'observation'

/** One field that changes. Secret values are masked. */
export interface FieldChange extends FieldDifference {
  /** Who owns the field now; empty where nobody does. */
  readonly owners: readonly FieldOwner[]
  /** What the change does to the running database; absent for kinds that are none of a database's. */
  readonly impact?: Impact
}

/** The object before and after, for a text that compares both. Secret values are masked. */
export interface ChangedDocuments {
  readonly before: object | undefined
  readonly after: object | undefined
}

/** One object of a plan. */
export interface PlannedChange {
  readonly object: ObjectReference
  readonly action: Action
  readonly proof: Proof
  /** File and line of the manifest; absent for what was expanded or is only live. */
  readonly source?: string
  /** Fields that change. Empty for `create` and `unchanged`. */
  readonly differences: readonly FieldChange[]
  /** The gravest impact among them. */
  readonly impact?: Impact
  /** Why, where that is not plain: the server's words for a refusal, the reason for keeping. */
  readonly note?: string
  /** Fields that others own with other values: in the way of a `conflict`, taken from them by an `update`. */
  readonly conflicts?: readonly FieldConflict[]
  /** Uid of the live object; absent where there is none. */
  readonly uid?: string
  /** Its resourceVersion when it was read. */
  readonly resourceVersion?: string
  /** Hash of the manifest's object, by which a stored plan is tied to what was reviewed. */
  readonly intent?: string
  /** Hash of the live object's content without status, by which a stored plan tells a change from a heartbeat. */
  readonly content?: string
  /** Present for changed objects where a format asked for them. */
  readonly documents?: ChangedDocuments
}
