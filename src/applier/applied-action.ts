/** What was done to an object that was not as desired. */
export type AppliedAction = 'create' | 'update' | 'replace' | 'delete'
