/**
 * What both scripts that make a data directory do before they begin: sets `base`, `parent` and `staging`, and refuses a
 * volume that holds anything else.
 */
export const VOLUME_CHECK = `# Nothing may be created beside somebody else's data. What an interrupted bootstrap left is nobody's.
base=\${PGDATA##*/}
parent=\${PGDATA%/*}
staging=$PGDATA.init
for file in "$PGMOUNT"/PG_VERSION "$PGMOUNT"/*/PG_VERSION "$PGMOUNT"/*/*/PG_VERSION "$PGMOUNT"/*/*/*/PG_VERSION; do
  directory=\${file%/PG_VERSION}
  case $directory/ in */"$base.init"/*) continue ;; esac
  [ -e "$file" ] || continue
  found=$(cluster_major "$directory")
  if [ "$directory" = "$PGMOUNT/$found/$base" ]; then
    refuse MajorUpgradeRequired "data directory $directory holds PostgreSQL $found, the image is $PGMAJOR"
  fi
  refuse IncompatibleDataDirectory "the volume already holds PostgreSQL \${found:-of unknown version} in $directory, the place for it is $PGDATA"
done
for directory in "$PGMOUNT" "$PGMOUNT"/* "$PGMOUNT"/*/*; do
  if [ ! -d "$directory" ] || [ "$directory" = "$PGMOUNT/lost+found" ]; then continue; fi
  if [ ! -r "$directory" ] || [ ! -x "$directory" ]; then
    refuse IncompatibleDataDirectory "cannot look into $directory as user $(id -u): was it made by another image variant?"
  fi
done
if [ -e "$PGDATA" ] || [ -L "$PGDATA" ]; then
  rmdir "$PGDATA" 2>/dev/null || refuse IncompatibleDataDirectory "$PGDATA exists, is not empty and holds no PostgreSQL cluster"
fi

`

/** Puts a directory on disk. */
export const FLUSH = `flush() {
  sync -f "$1" 2>/dev/null || sync
}
`
