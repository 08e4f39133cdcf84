import { STANDBY_PROLOGUE } from './replication.ts'

/**
 * Part of the start script that makes the server a standby. Where the primary is stands in the command line, anew at
 * every start; what makes it a standby is the file `standby.signal`, without which it would be a second primary.
 *
 * A standby must allow at least as many connections, workers, senders, locks and prepared transactions as the primary did
 * when it wrote the log that is replayed. Standbys are restarted first, so a setting that is lowered reaches them while
 * the primary still has the higher one: they begin with what their data asks for.
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
export const STANDBY_START = `  require PGRUN PGREPLICATION PGPRIMARYPORT PGSTANDBY
  ${STANDBY_PROLOGUE.trim().replaceAll('\n', '\n  ')}
  [ -e "$PGDATA/standby.signal" ] ||
    refuse DivergedReplica "$PGDATA holds a database that is no standby: it was promoted by hand, or belongs elsewhere"
  write_passfile || echo "start: there is no password in $PGREPLICATION, the primary will not let this standby in" >&2
  upkeep() {
    [ "$PGREPLICATION/password" -ot "$passfile" ] || write_passfile
  }
  set -- -c "primary_conninfo=$primary" -c "primary_slot_name=$slot" -c hot_standby=on
  control_data=$(pg_controldata "$PGDATA") || refuse IncompatibleDataDirectory "$PGDATA/global/pg_control cannot be read"
  for setting in max_connections max_worker_processes max_wal_senders max_prepared_transactions max_locks_per_transaction; do
    title=$setting
    [ "$setting" != max_prepared_transactions ] || title=max_prepared_xacts
    [ "$setting" != max_locks_per_transaction ] || title=max_locks_per_xact
    needed=$(printf '%s\\n' "$control_data" | sed -n "s/^$title setting: *//p")
    wanted=$(postgres -D "$PGDATA" -c config_file="$PGCONF/postgresql.conf" -C "$setting" 2>/dev/null) || continue
    if [ "\${needed:-0}" -gt "$wanted" ]; then set -- "$@" -c "$setting=$needed"; fi
  done
`
