/**
 * When a parameter can be set, as `pg_settings.context` says: `postmaster` only when the server starts, `internal`
 * never; every other one is taken over from the file by a reload.
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
export type ParameterContext =
  | 'postmaster'
  | 'sighup'
  | 'superuser-backend'
  | 'backend'
  | 'superuser'
  | 'user'
  | 'internal'
