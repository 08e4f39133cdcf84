import { STANDBY_PROLOGUE } from './replication.ts'
import { PROLOGUE } from './script-prologue.ts'
import { FLUSH, VOLUME_CHECK } from './volume-check.ts'

/** How often the primary is asked before the container ends and the kubelet begins again, and the longest pause. */
const ATTEMPTS = 60
const PAUSE_SECONDS = 5

/**
 * Script of a standby's init container: makes the data directory a copy of the primary that follows it. As the bootstrap
 * it takes every path from its environment, works beside the place of the data and renames what is complete. Beside
 * the variables of the bootstrap:
 *
 * | variable | meaning |
 * |---|---|
 * | `PGPRIMARYHOST`, `PGPRIMARYPORT` | where the primary is |
 * | `PGSTANDBY` | name of the pod; the slot is called after the number at its end |
 * | `PGREPLICATION` | directory with the file `password` |
 * | `PGRUN` | directory for the password file of libpq |
 *
 * Safety: a copy that can follow is kept. One that cannot (its slot or the primary's log is gone) is made anew, but only
 * where the primary answers, is the same database, and is ahead of it. Whatever else is there may be the only copy of
 * something: it is refused and never written over.
 */
export const CLONE_SCRIPT: string = `#!/bin/sh
# Makes the data directory a copy of the primary that follows it. What can follow already is kept.
# All is made in $PGDATA.init and renamed when complete: the rename is the commit point.
${PROLOGUE}
trap 'exit 143' INT TERM

require PGMOUNT PGDATA PGMAJOR PGRUN PGREPLICATION PGPRIMARYHOST PGPRIMARYPORT PGSTANDBY
case $PGDATA in "$PGMOUNT"/*[!/]) ;; *) refuse EnvironmentIncomplete "PGDATA $PGDATA is not below PGMOUNT $PGMOUNT" ;; esac
check_program
for program in psql pg_basebackup pg_controldata; do
  command -v "$program" >/dev/null || refuse EnvironmentIncomplete "the image has no program $program in its PATH"
done
${STANDBY_PROLOGUE}
# Answer of the primary to a query, fields separated by a blank; what it says against it is in $answer.
ask() {
  write_passfile || { answer="there is no password in $PGREPLICATION yet"; return 1; }
  answer=$(PGOPTIONS='-c client_min_messages=error' psql -X -q -A -t -w -F ' ' -v ON_ERROR_STOP=1 -d "$primary dbname=postgres" -c "$1" 2>&1 </dev/null)
}
# The line of $answer that says why.
why() {
  printf '%s\\n' "$answer" | grep -m 1 -o -E '(FATAL|ERROR): .*' || printf '%s\\n' "$answer" | head -n 1
}
# Sets what is known of the primary: its system, timeline, position and the state of our slot.
ask_primary() {
  ask "SELECT system_identifier, timeline_id, pg_is_in_recovery(),
    CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') END,
    coalesce((SELECT wal_status FROM pg_replication_slots WHERE slot_name = '$slot'), 'none'),
    coalesce((SELECT pg_walfile_name(restart_lsn + 1) || ' ' || pg_walfile_name(restart_lsn + 1 - pg_size_bytes(current_setting('wal_segment_size')))
      FROM pg_replication_slots WHERE slot_name = '$slot' AND NOT pg_is_in_recovery()), 'none none')
    FROM pg_control_system(), pg_control_checkpoint()" || return 1
  read -r system timeline recovering position slot_state slot_file file_before <<EOF
$answer
EOF
  [ "$recovering" = f ] || { answer="it is in recovery: it is no primary"; return 1; }
}
# Says what is waited for when that changes, and waits.
wait_for_primary() {
  [ "$answer" = "\${said:-}" ] || echo "clone: waiting for the primary $PGPRIMARYHOST: $(why)"
  said=$answer
  sleep "$((attempt < ${PAUSE_SECONDS} ? attempt : ${PAUSE_SECONDS}))"
}
# What pg_controldata says under that title.
control() {
  printf '%s\\n' "$control_data" | sed -n "s/^$1: *//p"
}
# A position such as 16/B374D848 as a number.
bytes() {
  echo "$((0x\${1%/*} * 4294967296 + 0x\${1#*/}))"
}

# Ends with a refusal, says in $stale why the copy cannot follow, or leaves that empty.
judge_copy() {
  stale=
  own_system=$(control 'Database system identifier')
  [ "$own_system" = "$system" ] ||
    refuse DivergedReplica "$PGDATA holds system $own_system, the primary is $system: another database, which is not written over; see docs/runbooks/standby.md"
  own_timeline=$(control "Latest checkpoint's TimeLineID")
  reached=$(bytes "$(control 'Minimum recovery ending location')")
  checkpoint=$(bytes "$(control "Latest checkpoint's REDO location")")
  [ "$reached" -gt "$checkpoint" ] || reached=$checkpoint
  if [ "$own_timeline" -gt "$timeline" ] || [ "$reached" -gt "$position" ]; then
    refuse DivergedReplica "$PGDATA has got further than the primary, which must have been set back: it is not written over; see docs/runbooks/standby.md"
  fi
  if [ "$own_timeline" -lt "$timeline" ]; then
    stale="it is on timeline $own_timeline, the primary on $timeline"
  elif [ "$slot_state" = none ]; then
    stale="its replication slot $slot is gone"
  elif [ "$slot_state" = lost ] || [ "$slot_file" = none ]; then
    stale="the primary no longer keeps the log for it"
  # The copy may end just where that file begins.
  elif [ ! -e "$PGDATA/pg_wal/$slot_file" ] && [ ! -e "$PGDATA/pg_wal/$file_before" ]; then
    stale="the primary keeps its log from $slot_file on, which this copy has not reached"
  fi
}

staging=$PGDATA.init
if [ -e "$PGDATA/PG_VERSION" ]; then
  check_data_directory
  [ -e "$PGDATA/standby.signal" ] ||
    refuse DivergedReplica "$PGDATA holds a database that is no standby: it was promoted by hand, or belongs elsewhere; it is not written over; see docs/runbooks/standby.md"
  # A primary that is there and says no may be about to let standbys in again, or to be up: what it knows decides whether
  # this copy is of use. One that is not there cannot be asked, and readers need not wait for it.
  attempt=0
  until ask_primary; do
    attempt=$((attempt + 1))
    case $answer in *FATAL:* | *password*) ;; *) attempt=${ATTEMPTS} ;; esac
    if [ "$attempt" -ge ${ATTEMPTS} ]; then
      echo "clone: the primary does not answer ($(why)), $PGDATA is used as it is"
      exit 0
    fi
    wait_for_primary
  done
  control_data=$(pg_controldata "$PGDATA") || refuse IncompatibleDataDirectory "$PGDATA/global/pg_control cannot be read"
  judge_copy
  if [ -z "$stale" ]; then
    echo "clone: $PGDATA can follow the primary, nothing to do"
    exit 0
  fi
  echo "clone: $PGDATA cannot follow the primary, it is made anew: $stale"
  rm -rf "$staging"
  mv "$PGDATA" "$staging"
fi
${VOLUME_CHECK}
attempt=0
until ask_primary; do
  attempt=$((attempt + 1))
  [ "$attempt" -lt ${ATTEMPTS} ] || fail "the primary $PGPRIMARYHOST does not let this standby in: $(why)" "$answer"
  wait_for_primary
done

${FLUSH}mkdir -p "$parent" || fail "cannot create $parent as user $(id -u)"
rm -rf "$staging"
# The slot of an earlier clone keeps log that nobody needs. One that is in use belongs to a connection that is about to
# be found dead.
ask "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$slot'" ||
  fail "the slot $slot of an earlier copy cannot be dropped: $(why)"
# The slot is made before the copy begins, so that no log is missing at its end.
output=$(pg_basebackup -d "$primary" -w -D "$staging" -X stream -c fast -C -S "$slot" 2>&1 </dev/null) ||
  fail "pg_basebackup failed: $(printf '%s\\n' "$output" | grep -m 1 -i -E 'error|fatal' || echo 'see the log')" "$output"
: >"$staging/standby.signal"
flush "$staging"
[ ! -e "$PGDATA" ] || refuse IncompatibleDataDirectory "$PGDATA appeared while it was being created: two pods share the volume"
mv "$staging" "$PGDATA"
flush "$parent"
echo "clone: $PGDATA is a copy of the primary $PGPRIMARYHOST"
`
