import { METRICS_FILES, METRICS_UPKEEP } from './metrics-role.ts'
import { PROLOGUE } from './script-prologue.ts'
import { PRIMARY_UPKEEP } from './primary-upkeep.ts'
import { STANDBY_START } from './standby-start.ts'

/** Pause between two looks at the mounted files; the kubelet itself takes up to a minute to exchange them. */
const RELOAD_CHECK_SECONDS = 3

/**
 * Script of the server's container: starts PostgreSQL on a data directory that the bootstrap or the clone committed, and
 * has it reload its configuration when the mounted files change. The same loop keeps what standbys need of a primary, and
 * a standby's password.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#mounted-configmaps-are-updated-automatically
 */
export const START_SCRIPT: string = `#!/bin/sh
# Starts PostgreSQL on the data directory that bootstrap.sh or clone.sh made, and has it reload changed files.
${PROLOGUE}
require PGDATA PGMAJOR PGCONF PGRUN PGPORT PGLISTEN
check_program
[ -e "$PGDATA/PG_VERSION" ] || refuse DataDirectoryMissing "$PGDATA holds no database: the bootstrap container must run first"
check_data_directory
# The volume's group may have been given access to everything; PostgreSQL refuses to start then.
chmod 0700 "$PGDATA" || refuse IncompatibleDataDirectory "$PGDATA belongs to another user than $(id -u)"

# What follows differs between a primary and a standby: upkeep() is called every few seconds, options are the server's.
if [ -n "\${PGPRIMARYHOST:-}" ]; then
${STANDBY_START}else
${PRIMARY_UPKEEP}fi

# The server takes its files over when it starts and when it gets SIGHUP. The kubelet exchanges the mounted files when the
# ConfigMap changes, and tells nobody: so they are looked at every few seconds. This runs beside the server, which takes
# the place of this shell, and ends with the container. A child that ends by a signal looks to the server like a crash of
# one of its own, so this one ends with 0 where it can: only SIGKILL is left, as for any other process of the server.
${METRICS_UPKEEP}configuration() {
  cat "$PGCONF/postgresql.conf" "$PGCONF/pg_hba.conf" || return
  # A renewed key comes with a renewed certificate.
  [ -z "\${PGTLS:-}" ] || cat "$PGTLS/tls.crt"
}
reload_changes() {
  # By exec: a shell keeps what it redirects for a function, and whoever reads the log would wait for this one too.
  exec </dev/null >/dev/null 2>&1
  set +e
  trap 'exit 0' HUP TERM
  trap '' INT QUIT PIPE USR1 USR2 ALRM
  while sleep ${RELOAD_CHECK_SECONDS} && kill -0 "$1"; do
    upkeep
    measure
    wanted=$(configuration) || continue
    [ "$wanted" != "$taken" ] || continue
    # An earlier server's file names another process, or one that does not know SIGHUP yet.
    read -r running <"$PGDATA/postmaster.pid" && [ "$running" = "$1" ] || continue
    pg_ctl reload -s -D "$PGDATA" && taken=$wanted
  done
  exit 0
}
taken=$(configuration) || :
reload_changes "$$" &
# With TLS the server reads both files when it starts and on each reload; a pair that does not fit changes nothing then.
[ -z "\${PGTLS:-}" ] || set -- "$@" -c ssl_cert_file="$PGTLS/tls.crt" -c ssl_key_file="$PGTLS/tls.key"
identities=$PGCONF/${METRICS_FILES.identities}
[ -e "$identities" ] || identities=$PGDATA/${METRICS_FILES.identities}
exec postgres -D "$PGDATA" "$@" -c ident_file="$identities" \\
  -c config_file="$PGCONF/postgresql.conf" -c hba_file="$PGCONF/pg_hba.conf" \\
  -c unix_socket_directories="$PGRUN" -c listen_addresses="$PGLISTEN" -c port="$PGPORT"
`
