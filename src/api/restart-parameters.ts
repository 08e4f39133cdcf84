import { parameterOf, parameterTable } from './parameter-table.ts'

/**
 * Extensions that come with PostgreSQL and whose parameters a reload reaches, but for the named exceptions. Nobody but
 * an extension knows, so a parameter of any other one counts as one that needs a restart.
 */
const RELOADED_EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  auto_explain: [],
  pg_stat_statements: ['max'],
  pg_trgm: [],
  plpgsql: [],
}

/**
 * Whether a server takes a parameter over only when it starts (`postmaster` in `pg_settings.context`).
 * @param major without one, a parameter of which any major says so counts
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
export function needsRestart(parameter: string, major?: string): boolean {
  const name = parameter.toLowerCase()
  const [extension = '', ...rest] = name.split('.')
  if (rest.length > 0) return RELOADED_EXTENSIONS[extension]?.includes(rest.join('.')) ?? true
  if (major !== undefined) return parameterOf(name, major)?.context === 'postmaster'
  return (
    parameterTable()
      .get(name)
      ?.some(({ context }) => context === 'postmaster') ?? false
  )
}
