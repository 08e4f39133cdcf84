/**
 * Files of the ConfigMap that a running server reads only when it starts or is told to. Nobody tells it: a change of
 * them restarts the pod, through a hash on the pod template. The scripts matter to the next start alone.
 */
export const RESTART_FILES = ['pg_hba.conf', 'postgresql.conf'] as const

/** Title of the part of postgresql.conf that follows from the size of the volume. */
export const VOLUME_SECTION = 'Write-ahead log: from the size of the volume'

/**
 * The part of a configuration file whose change restarts the pod; empty for files that restart nothing.
 *
 * What follows from the size of the volume is not in it: a volume grows while the server runs, and limits that were
 * right for the smaller one serve until the next start.
 */
export function restartText(file: string, text: string): string {
  if (file === 'postgresql.conf') {
    return text
      .split('\n\n')
      .filter((section) => !section.startsWith(`# ${VOLUME_SECTION}\n`))
      .join('\n\n')
  }
  return (RESTART_FILES as readonly string[]).includes(file) ? text : ''
}
