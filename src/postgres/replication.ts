import { REPLICATION_ROLE } from '../api/replication.ts'

/** File of the ConfigMap that says how many standbys there are to be. */
export const STANDBYS_FILE = 'standbys'

/**
 * What both scripts of a standby's pod know about the way to the primary. The password goes from the Secret's file into
 * a password file of libpq, and from there nowhere.
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export const STANDBY_PROLOGUE = `slot=standby_\${PGSTANDBY##*-}
passfile=$PGRUN/replication.pgpass
# False while there is no password yet. libpq takes no file that others may read; umask sees to that.
write_passfile() {
  [ -s "$PGREPLICATION/password" ] || return 1
  { printf '*:*:*:${REPLICATION_ROLE}:' && sed 's/[\\\\:]/\\\\&/g' "$PGREPLICATION/password" && echo; } >"$passfile.new" &&
    mv -f "$passfile.new" "$passfile"
}
# A value of a connection string.
quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\\\\\']/\\\\\\\\&/g")"
}
primary="host=$(quoted "$PGPRIMARYHOST") port=$(quoted "$PGPRIMARYPORT") user=${REPLICATION_ROLE} passfile=$(quoted "$passfile")"
primary="$primary application_name=$(quoted "$PGSTANDBY") connect_timeout=10 keepalives_idle=60 keepalives_interval=10 keepalives_count=6"
`
