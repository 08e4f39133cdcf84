/**
 * SQL of the bootstrap, for `postgres --single -j`: a statement ends with a semicolon and an empty line, so there is no
 * empty line inside one. Names and the password's file reach it as settings (`bootstrap.role`, `bootstrap.database`,
 * `bootstrap.password_file`), so that nothing has to be quoted by the shell.
 */

/**
 * Creates the application role with the password in its file, stored as a SCRAM verifier. Every error about the
 * password is replaced by one that says nothing of it: the server's own would quote bytes. That takes an exception
 * handler, which never gets to see an error that ends the program; so `exit_on_error` is off for this one statement.
 * When it fails there is no role, and the next statement ends the program.
 */
export const BOOTSTRAP_SQL_ROLE = `SET exit_on_error = off;

DO $bootstrap$
DECLARE
  role text := current_setting('bootstrap.role');
  secret text;
  stored text;
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
  BEGIN
    secret := pg_read_file(current_setting('bootstrap.password_file'));
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role, secret);
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'CredentialsUnreadable: password cannot be used (%): it must be text in UTF-8', SQLSTATE;
  END;
  SELECT rolpassword INTO stored FROM pg_authid WHERE rolname = role;
  IF stored IS NULL OR stored = secret OR stored NOT LIKE 'SCRAM-SHA-256$%' THEN
    RAISE EXCEPTION 'CredentialsUnreadable: password has the form of a stored verifier, clients could not use it';
  END IF;
END
$bootstrap$;

SET exit_on_error = on;

`

/**
 * Runs in `postgres` and in `template1`: nobody but a superuser may create anything there (14 lets everybody create in
 * `public`, and what is in `template1` is in every database made from it).
 * @see https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS
 */
export const BOOTSTRAP_SQL_CLOSE = `REVOKE CREATE ON SCHEMA public FROM PUBLIC;

DO $bootstrap$
BEGIN
  ASSERT NOT has_schema_privilege('public', 'public', 'CREATE'), 'everybody can create tables';
END
$bootstrap$;

`

/** Runs in `postgres`: the databases that come with a cluster are the superuser's, the role has one of its own. */
export const BOOTSTRAP_SQL_CONNECT = `REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;

`

/**
 * Runs in the application's database. Gives `public` to the owner of the database in every major (14 lets everybody
 * create in it; 15 and later have it so already), then asks back everything that must be true.
 */
export const BOOTSTRAP_SQL_CHECK = `ALTER SCHEMA public OWNER TO pg_database_owner;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

DO $bootstrap$
DECLARE
  role text := current_setting('bootstrap.role');
  name text := current_setting('bootstrap.database');
BEGIN
  ASSERT current_database() = name, 'not in the database';
  ASSERT EXISTS (SELECT FROM pg_authid WHERE rolname = role AND rolcanlogin AND rolpassword LIKE 'SCRAM-SHA-256$%'
    AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)), 'role is not as wanted';
  ASSERT EXISTS (SELECT FROM pg_database JOIN pg_authid ON pg_authid.oid = datdba
    WHERE datname = name AND rolname = role), 'database has another owner';
  ASSERT has_schema_privilege(role, 'public', 'CREATE'), 'owner cannot create tables';
  ASSERT NOT has_schema_privilege('public', 'public', 'CREATE'), 'everybody can create tables';
  ASSERT NOT has_database_privilege('public', name, 'CONNECT'), 'everybody can connect';
  ASSERT NOT EXISTS (SELECT FROM pg_database WHERE datname <> name AND datallowconn
    AND has_database_privilege(role, oid, 'CONNECT')), 'role can connect to another database';
END
$bootstrap$;

`
