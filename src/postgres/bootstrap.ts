/**
 * The two scripts that run in the pod. Both are POSIX shell for dash, bash and busybox, need nothing from the image but
 * PostgreSQL's own programs, and take every path from the environment:
 *
 * | variable | meaning |
 * |---|---|
 * | `PGMOUNT` | where the volume is mounted |
 * | `PGDATA` | the data directory, below `PGMOUNT` |
 * | `PGMAJOR` | major that the manifests mean |
 * | `PGSECRET` | directory with the files `username`, `password`, `database` (bootstrap only) |
 * | `PGCONF`, `PGRUN`, `PGPORT`, `PGLISTEN` | configuration files, socket directory, port, addresses (start only) |
 * | `PGTLS` | directory with `tls.crt` and `tls.key` (start only); optional, without it there is no TLS |
 * | `TERMINATION_LOG` | file for the pod's status; optional |
 *
 * Safety: the data directory is made beside its place and renamed into it when it is complete and on disk. The rename
 * is the only commit point, so a kill at any moment leaves either no database or a whole one. Only one of these scripts
 * may run on a volume at a time, and nothing of an earlier run may still be alive; a pod guarantees both.
 */
import { BOOTSTRAP_SQL_CHECK, BOOTSTRAP_SQL_CLOSE, BOOTSTRAP_SQL_CONNECT, BOOTSTRAP_SQL_ROLE } from './bootstrap-sql.ts'
import { PROLOGUE } from './script-prologue.ts'
import { FLUSH, VOLUME_CHECK } from './volume-check.ts'

/** Script of the init container: creates the data directory, the application role and its database, once. */
export const BOOTSTRAP_SCRIPT: string = `#!/bin/sh
# Creates the data directory, the application role and its database, once; running it again does nothing.
# All is made in $PGDATA.init and renamed when complete: the rename is the commit point.
${PROLOGUE}
# The first process of a container ignores signals that it does not handle.
trap 'exit 143' INT TERM

require PGMOUNT PGDATA PGMAJOR PGSECRET
case $PGDATA in "$PGMOUNT"/*[!/]) ;; *) refuse EnvironmentIncomplete "PGDATA $PGDATA is not below PGMOUNT $PGMOUNT" ;; esac
check_program

if [ -e "$PGDATA/PG_VERSION" ]; then
  check_data_directory
  echo "bootstrap: $PGDATA holds PostgreSQL $PGMAJOR, nothing to do"
  exit 0
fi

${VOLUME_CHECK}# A file of $PGSECRET. Control characters are refused: a line break at the end is a mistake that no client would repeat.
check_credential() {
  if [ ! -r "$PGSECRET/$1" ] || [ ! -s "$PGSECRET/$1" ]; then
    refuse CredentialsUnreadable "$1 is missing, empty or unreadable in $PGSECRET"
  fi
  [ "$(tr -d '[:cntrl:]' <"$PGSECRET/$1" | wc -c)" -eq "$(wc -c <"$PGSECRET/$1")" ] ||
    refuse CredentialsUnreadable "$1 holds a line break or another control character"
}
check_name() {
  [ "\${#2}" -le 63 ] || refuse CredentialsUnreadable "$1 is longer than 63 bytes"
  case $2 in postgres | template0 | template1 | pg_*) refuse CredentialsUnreadable "$1 $2 is reserved by PostgreSQL" ;; esac
}
check_credential username
check_credential database
check_credential password
role=$(cat "$PGSECRET/username")
database=$(cat "$PGSECRET/database")
check_name username "$role"
check_name database "$database"

# Text is ordered by code point (collation C): the same on every operating system, for ever, so that no image update can
# break an index. Character classes are those of Unicode: from PostgreSQL itself where it has them (17 and later), else
# from the C library's C.UTF-8, which both image variants have; the other names are for developers' machines.
# Huge pages of the node are not the container's: touching one would be a bus error. Shared memory is kept in the staging
# directory, so that a kill leaves nothing anywhere else.
create_cluster() {
  for ctype in C.UTF-8 UTF-8 C; do
    rm -rf "$staging"
    set -- --pgdata="$staging" --username=postgres --encoding=UTF8 --data-checksums \\
      --auth-local=peer --auth-host=scram-sha-256 --locale=C --lc-ctype="$ctype"
    [ "$PGMAJOR" -lt 16 ] || set -- "$@" --set huge_pages=off --set dynamic_shared_memory_type=mmap
    [ "$PGMAJOR" -lt 17 ] || set -- "$@" --locale-provider=builtin --builtin-locale=C.UTF-8
    if output=$(initdb "$@" 2>&1 </dev/null); then return 0; fi
    case $output in *'invalid locale name'*) continue ;; esac
    break
  done
  fail "initdb failed: $(printf '%s\\n' "$output" | grep -i -m 1 -E 'error|fatal|could not|no space' || echo 'see the log')" "$output"
}

# SQL from standard input into database $1, without a server that anybody could connect to. Each statement ends with a
# semicolon and an empty line; the first error ends the program. Statements are never logged.
run_sql() {
  postgres --single -D "$staging" -j \\
    -c exit_on_error=on -c log_statement=none -c log_min_error_statement=panic -c log_error_verbosity=terse \\
    -c log_min_messages=error -c log_line_prefix= -c password_encryption=scram-sha-256 -c search_path=pg_catalog \\
    -c huge_pages=off -c dynamic_shared_memory_type=mmap \\
    -c "bootstrap.role=$role" -c "bootstrap.database=$database" -c "bootstrap.password_file=$PGSECRET/password" "$1"
}
check_sql() {
  case $output in
    *"bootstrap: $1 done"*) return 0 ;;
    *'CredentialsUnreadable: '*)
      detail=\${output#*CredentialsUnreadable: }
      refuse CredentialsUnreadable "$(printf '%s\\n' "$detail" | head -n 1)"
      ;;
  esac
  fail "$1 could not be created: $(printf '%s\\n' "$output" | grep -m 1 -o -E '(ERROR|FATAL|PANIC):.*' || echo 'see the log')" "$output"
}
identifier() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/"/""/g')"
}

mkdir -p "$parent" || fail "cannot create $parent as user $(id -u)"
create_cluster
# The server reads the password from its file: it is never an argument, never in a variable, never part of the SQL here.
output=$({
  cat <<'SQL'
${BOOTSTRAP_SQL_ROLE}${BOOTSTRAP_SQL_CONNECT}${BOOTSTRAP_SQL_CLOSE}SQL
  printf 'CREATE DATABASE %s OWNER %s;\\n\\n' "$(identifier "$database")" "$(identifier "$role")"
  printf 'REVOKE CONNECT ON DATABASE %s FROM PUBLIC;\\n\\n' "$(identifier "$database")"
  printf "SELECT 'bootstrap: role and database' || ' done';\\n\\n"
} | run_sql postgres 2>&1) || :
check_sql 'role and database'
output=$(run_sql template1 2>&1 <<'SQL'
${BOOTSTRAP_SQL_CLOSE}SELECT 'bootstrap: closed template' || ' done';

SQL
) || :
check_sql 'closed template'
output=$(run_sql "$database" 2>&1 <<'SQL'
${BOOTSTRAP_SQL_CHECK}SELECT 'bootstrap: schema' || ' done';

SQL
) || :
check_sql schema

${FLUSH}flush "$staging"
# mv would move the directory into an existing one.
[ ! -e "$PGDATA" ] || refuse IncompatibleDataDirectory "$PGDATA appeared while it was being created: two pods share the volume"
mv "$staging" "$PGDATA"
flush "$parent"
echo "bootstrap: created PostgreSQL $PGMAJOR in $PGDATA, database $database owned by $role"
`
