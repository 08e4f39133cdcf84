import { PROLOGUE } from './script-prologue.ts'

/** Longest pause in a file that is still being written, in minutes: an older one was left by a pod that is gone. */
const STALE_MINUTES = 60

/**
 * Script of the backup's container: dumps the database of the application role into a file, reads the file back, then
 * lets old ones go. POSIX shell, nothing but PostgreSQL's own programs. It takes everything from its environment:
 *
 * | variable | meaning |
 * |---|---|
 * | `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, … | the connection, as libpq reads it |
 * | `PGMAJOR` | major that the manifests mean |
 * | `PGSECRET` | directory with the file `password` |
 * | `BACKUP_DIRECTORY` | where dumps are put |
 * | `BACKUP_COUNT`, `BACKUP_DAYS` | dumps that are kept at most, and their age; either may be missing |
 * | `TMPDIR` | for the password file of libpq |
 *
 * Safety: a dump gets its name when it is complete, on disk and was read back in full; the rename is the commit point.
 * Whatever has that name is a good one. Only after a new one old ones go, so the newest good one is never deleted.
 */
export const BACKUP_SCRIPT: string = `#!/bin/sh
# Dumps the database, reads the dump back, gives it its name, and lets old ones go.
${PROLOGUE}
require PGHOST PGPORT PGDATABASE PGUSER PGMAJOR PGSECRET BACKUP_DIRECTORY TMPDIR
# The report of a failure names a backup.
fail() {
  report "BackupFailed: $1" "\${2:-}"
  exit 1
}
for program in pg_dump pg_restore; do
  version=$("$program" --version 2>/dev/null) || refuse EnvironmentIncomplete "the image has no program $program in its PATH"
  version=\${version#*') '}
  [ "\${version%%[!0-9]*}" = "$PGMAJOR" ] ||
    refuse ImageMajorMismatch "$program is of PostgreSQL $version, the manifests say $PGMAJOR: correct image or postgresVersion"
done
[ -d "$BACKUP_DIRECTORY" ] && [ -w "$BACKUP_DIRECTORY" ] || fail "cannot write to $BACKUP_DIRECTORY as user $(id -u)"

# libpq reads the password from a file that only this user can read: it is no argument and in no variable.
[ -s "$PGSECRET/password" ] || refuse CredentialsUnreadable "password is missing or empty in $PGSECRET"
PGPASSFILE=$TMPDIR/.pgpass
export PGPASSFILE
printf '*:*:*:*:%s\\n' "$(sed 's/[\\\\:]/\\\\&/g' "$PGSECRET/password")" >"$PGPASSFILE"

# What an earlier pod was killed over counts as nothing. One that is still written may be another pod's.
find "$BACKUP_DIRECTORY" -name '.*.partial' -type f -mmin +${STALE_MINUTES} -exec rm -f {} + 2>/dev/null || :

name=$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump
final=$BACKUP_DIRECTORY/$name
partial=$BACKUP_DIRECTORY/.$name.\${HOSTNAME:-$$}.partial
child=
# A signal ends the program that is at work, and takes its half of a file along.
stop() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || :
  rm -f "$partial"
  exit 143
}
trap stop INT TERM
trap 'rm -f "$partial"' EXIT
run() {
  "$@" 2>"$TMPDIR/messages" </dev/null &
  child=$!
  code=0
  wait "$child" || code=$?
  child=
  [ "$code" -eq 0 ] && return 0
  fail "$1: $(grep -m 1 -E 'error|fatal' "$TMPDIR/messages" || echo "ended with exit code $code")" "$(cat "$TMPDIR/messages")"
}

# pg_dump syncs what it wrote. A table that somebody has locked for minutes fails the dump rather than hold it up.
run pg_dump --format=custom --no-password --lock-wait-timeout=300000 --file="$partial"
# Every block is read and unpacked again, so that a dump that cannot be restored is none.
run pg_restore --file=/dev/null "$partial"
[ -s "$partial" ] || fail "the dump is empty"
# Two dumps in one second have one name; the first one stays.
[ ! -e "$final" ] || fail "$name is there already"
mv "$partial" "$final"
sync -f "$BACKUP_DIRECTORY" 2>/dev/null || sync
echo "backup: wrote $name, $(wc -c <"$final" | tr -d ' ') bytes"

# Names sort by time. The newest, which was just made, stays whatever the numbers say.
remove() {
  rm -f "$1"
  echo "backup: removed \${1##*/}, $2"
}
set -- "$BACKUP_DIRECTORY/$PGDATABASE"-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.dump
if [ -n "\${BACKUP_COUNT:-}" ]; then
  while [ $# -gt "$BACKUP_COUNT" ] && [ $# -gt 1 ]; do
    remove "$1" "more than $BACKUP_COUNT"
    shift
  done
fi
if [ -n "\${BACKUP_DAYS:-}" ]; then
  oldest=$(($(date +%s) - BACKUP_DAYS * 86400))
  oldest=$(date -u -d "@$oldest" +%Y%m%d%H%M%S 2>/dev/null || date -u -r "$oldest" +%Y%m%d%H%M%S)
  while [ $# -gt 1 ]; do
    made=$(printf '%s' "\${1##*-}" | tr -cd '0-9')
    [ "$made" -lt "$oldest" ] || break
    remove "$1" "older than $BACKUP_DAYS days"
    shift
  done
fi
echo "backup: $# kept"
`
