import { REPLICATION_ROLE } from '../api/replication.ts'
import { STANDBYS_FILE } from './replication.ts'

/** Looks at the files between two repetitions of what has succeeded. */
const ROUNDS = 10

/**
 * Part of the start script by which a primary keeps what its standbys need: their role, with the verifier of their
 * password that the Secret holds, and no slot of a standby that is gone. It asks what is there and changes what is not
 * as wanted, as the superuser over the socket; so a database that was made without standbys gets them without a restart,
 * and whoever changes something by hand finds it put right.
 *
 * A standby that a commit might wait for gets in only when this has committed, so it waits for none.
 *
 * The server never sees the password itself. Slots are made by the standbys, when they need one.
 */
export const PRIMARY_UPKEEP = `  set --
  rounds=0
  upkeep() {
    standbys=$(cat "$PGCONF/${STANDBYS_FILE}" 2>/dev/null) && [ -n "\${PGREPLICATION:-}" ] || return 0
    if [ "$standbys" = 0 ]; then
      set -- "$PGDATA"/pg_replslot/standby_*
      [ -e "$1" ] || return 0
    else
      [ -s "$PGREPLICATION/verifier" ] || return 0
    fi
    asked="$standbys $(cat "$PGREPLICATION/verifier" 2>/dev/null)"
    if [ "$asked" = "\${kept:-}" ] && [ "$rounds" -gt 0 ]; then
      rounds=$((rounds - 1))
      return 0
    fi
    kept=$asked
    rounds=${ROUNDS}
    psql -X -q -A -t -w -h "$PGRUN" -p "$PGPORT" -U postgres -d postgres -v "standbys=$standbys" -f - <<'SQL' || kept=
\\set ON_ERROR_STOP on
\\set verifier \`cat "$PGREPLICATION/verifier" 2>/dev/null\`
SET search_path = pg_catalog;
SET synchronous_commit = local;
SET default_transaction_read_only = off;
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET pg_stat_statements.track = 'none';
SELECT 'CREATE ROLE ${REPLICATION_ROLE} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT REPLICATION'
WHERE :standbys > 0 AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${REPLICATION_ROLE}') \\gexec
SELECT format('ALTER ROLE ${REPLICATION_ROLE} LOGIN REPLICATION PASSWORD %L', :'verifier')
FROM pg_authid WHERE :standbys > 0 AND rolname = '${REPLICATION_ROLE}'
AND (rolpassword IS DISTINCT FROM :'verifier' OR NOT rolcanlogin OR NOT rolreplication) \\gexec
SELECT 'GRANT CONNECT ON DATABASE postgres TO ${REPLICATION_ROLE}'
WHERE :standbys > 0 AND NOT has_database_privilege('${REPLICATION_ROLE}', 'postgres', 'CONNECT') \\gexec
SELECT 'ALTER ROLE ${REPLICATION_ROLE} NOLOGIN'
FROM pg_roles WHERE :standbys = 0 AND rolname = '${REPLICATION_ROLE}' AND rolcanlogin \\gexec
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
WHERE slot_name ~ '^standby_[0-9]{1,4}$' AND substr(slot_name, 9)::int > :standbys AND NOT active;
SQL
    # A slot that was still in use is dropped as soon as it is not.
    for slot in "$PGDATA"/pg_replslot/standby_*; do
      case \${slot##*_} in *[!0-9]*) continue ;; esac
      [ "\${slot##*_}" -le "$standbys" ] || rounds=0
    done
  }
`
