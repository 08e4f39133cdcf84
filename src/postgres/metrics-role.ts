/**
 * Role of the exporter. A name that no `username` can be: those have no dash.
 * @see https://www.postgresql.org/docs/current/predefined-roles.html
 */
export const METRICS_ROLE = 'cdk8s-database-metrics'

/** Name of the map in `pg_ident.conf`. */
export const METRICS_MAP = 'metrics'

/** Files of the ConfigMap by which a server lets the exporter in; absent where nothing is measured. */
export const METRICS_FILES = { identities: 'pg_ident.conf', role: 'metrics.sql' } as const

/**
 * Text of `pg_ident.conf`: which users of the pod are the exporter to PostgreSQL. It runs as `nobody`, so that it cannot
 * log in as the superuser, whom the server's own user may be; that one may of course be the exporter too.
 * @see https://www.postgresql.org/docs/current/auth-username-maps.html
 */
export function pgIdentConf(): string {
  const lines = ['nobody', 'postgres'].map((user) => `${METRICS_MAP}  ${user.padEnd(12)}${METRICS_ROLE}`)
  return `# MAP    SYSTEM-USER PG-USERNAME\n${lines.join('\n')}\n`
}

/**
 * Makes the role what it is to be, whatever it was: it may log in, it reads statistics, and nothing else. Runs as the
 * superuser in database `postgres`; on a standby, and where all is as wanted, it writes nothing.
 */
export const METRICS_ROLE_SQL = `SET search_path = pg_catalog;
SET synchronous_commit = local;
SET default_transaction_read_only = off;
DO $metrics$
BEGIN
  IF pg_is_in_recovery() THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${METRICS_ROLE}') THEN
    CREATE ROLE "${METRICS_ROLE}";
  END IF;
  IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = '${METRICS_ROLE}' AND rolcanlogin AND rolconnlimit = 5
    AND rolpassword IS NULL AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
    ALTER ROLE "${METRICS_ROLE}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
      CONNECTION LIMIT 5 PASSWORD NULL;
  END IF;
  IF NOT pg_has_role('${METRICS_ROLE}', 'pg_monitor', 'MEMBER') THEN
    GRANT pg_monitor TO "${METRICS_ROLE}";
  END IF;
  IF NOT has_database_privilege('${METRICS_ROLE}', 'postgres', 'CONNECT') THEN
    GRANT CONNECT ON DATABASE postgres TO "${METRICS_ROLE}";
  END IF;
END
$metrics$;
`

/**
 * Part of the start script: once in the life of a server, as the superuser over the socket, the role is made. So a database
 * that was made without an exporter gets its role with the start that brings the exporter.
 */
export const METRICS_UPKEEP = `measured=
measure() {
  [ -z "$measured" ] && [ -e "$PGCONF/${METRICS_FILES.role}" ] || return 0
  psql -X -q -w -h "$PGRUN" -p "$PGPORT" -U postgres -d postgres -v ON_ERROR_STOP=1 -f "$PGCONF/${METRICS_FILES.role}" &&
    measured=1
}
`
