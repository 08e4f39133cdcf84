import { REFUSAL_EXIT_CODE } from '../api/bootstrap-error.ts'

/** What both scripts of the pod begin with. */
export const PROLOGUE = `set -eu
umask 0077
# Ranges and messages must not depend on the image's locale.
LC_ALL=C
export LC_ALL

# One line "Reason: details", for the log and for the pod's status, then whatever explains it.
report() {
  printf '%s\\n' "$1" >&2
  [ -z "\${2:-}" ] || printf '%s\\n' "$2" >&2
  [ -z "\${TERMINATION_LOG:-}" ] || { printf '%s\\n' "$1" >"$TERMINATION_LOG"; } 2>/dev/null || :
}
# Running again cannot help.
refuse() {
  report "$1: $2"
  exit ${REFUSAL_EXIT_CODE}
}
# Running again may help.
fail() {
  report "BootstrapFailed: $1" "\${2:-}"
  exit 1
}
require() {
  for name in "$@"; do
    eval "value=\\\${$name:-}"
    [ -n "$value" ] || refuse EnvironmentIncomplete "$name is not set"
  done
}
# Major of the cluster in directory $1; empty where its PG_VERSION is.
cluster_major() {
  major=
  read -r major 2>/dev/null <"$1/PG_VERSION" || :
  printf '%s' "$major" | tr -cd '0-9.'
}
check_program() {
  version=$(postgres --version 2>/dev/null) || refuse EnvironmentIncomplete "the image has no program postgres in its PATH"
  version=\${version#*') '}
  [ "\${version%%[!0-9]*}" = "$PGMAJOR" ] ||
    refuse ImageMajorMismatch "the image runs PostgreSQL $version, the manifests say $PGMAJOR: correct image or postgresVersion"
}
# The data directory in its place must be whole and of our major.
check_data_directory() {
  found=$(cluster_major "$PGDATA")
  [ -n "$found" ] || refuse IncompatibleDataDirectory "$PGDATA/PG_VERSION is empty or unreadable"
  [ "$found" = "$PGMAJOR" ] || refuse MajorUpgradeRequired "data directory $PGDATA holds PostgreSQL $found, the image is $PGMAJOR"
  [ -s "$PGDATA/global/pg_control" ] || refuse IncompatibleDataDirectory "$PGDATA is incomplete: it has no global/pg_control"
}
`
