/** The operating system sorts text by another version than the one with which the indexes were built. */
export interface CollationMismatch {
  /** Version that the database was made or refreshed with: `2.36`. */
  readonly recorded: string
  /** Version that the server has; `undefined` where it has none. */
  readonly actual?: string
}
