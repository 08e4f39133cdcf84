import { CONFIGURATION_HASH, majorOfConfiguration, settingsOf } from './configuration-file.ts'
import { needsRestart } from './restart-parameters.ts'

/** Files of the ConfigMap that a running server takes over by a reload, but for settings that only a start takes over. */
const RELOADED_FILES: ReadonlySet<string> = new Set(['pg_hba.conf', 'postgresql.conf'])

/** Whether a running server takes the file over; the scripts matter to the next start alone. */
export function isReloaded(file: string): boolean {
  return RELOADED_FILES.has(file)
}

/**
 * The settings of `postgresql.conf` whose change restarts the pod: those that only a start takes over. Their order and
 * everything else in the file is left out.
 */
export function restartText(text: string): string {
  const major = majorOfConfiguration(text)
  return [...settingsOf(text)]
    .filter(([name]) => name !== CONFIGURATION_HASH && needsRestart(name, major))
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('\n')
}
