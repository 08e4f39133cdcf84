/** The setting by which a server tells which file it has taken over. Nothing else reads it. */
export const CONFIGURATION_HASH = 'cdk8s_database.config_hash'

/** First line of `postgresql.conf`: which settings need a restart depends on the major. */
export const configurationHeader = (major: string): string => `# Settings of PostgreSQL ${major}`

/** The major that a `postgresql.conf` of ours was written for; `undefined` where it does not say. */
export function majorOfConfiguration(text: string): string | undefined {
  return /^# Settings of PostgreSQL (\d+)$/m.exec(text)?.[1]
}

/** One line of `postgresql.conf`. In quotes, a backslash begins an escape and a quote is written twice. */
export function settingLine(name: string, value: string): string {
  return `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** The settings of a `postgresql.conf` as {@link settingLine} writes them, by name. */
export function settingsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(text.matchAll(/^([a-z_][a-z0-9_.]*) = '(.*)'$/gm), ([, name = '', quoted = '']) => [
      name,
      quoted.replaceAll("''", "'").replaceAll('\\\\', '\\'),
    ]),
  )
}
