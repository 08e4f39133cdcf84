import { CONFIGURATION_HASH, majorOfConfiguration, settingsOf } from '../api/configuration-file.ts'
import type { ConfigurationInUse } from '../api/configuration-in-use.ts'
import type { ParameterContext } from '../api/parameter-context.ts'
import { parameterOf } from '../api/parameter-table.ts'
import type { ParameterEntry } from '../api/parameter-table.ts'
import { readParameter } from '../api/parameter-value.ts'

/** A session of the application role. */
export interface SettingsSession {
  query(sql: string, values: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

interface SettingRow {
  readonly name: string
  /** Numbers in the parameter's own unit. */
  readonly setting: string
  readonly source: string
  readonly pending: boolean
  /** Whether the session began before the files were taken over. */
  readonly older: boolean
}

const SETTINGS = `
  SELECT lower(name) AS name, setting, source, pending_restart AS pending,
    (SELECT backend_start < pg_conf_load_time() FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS older
  FROM pg_settings WHERE pending_restart OR lower(name) = ANY ($1::text[]) ORDER BY 1`

/** What a session has from its beginning to its end, whatever is taken over meanwhile. */
const OF_NEW_SESSIONS: ReadonlySet<ParameterContext> = new Set(['backend', 'superuser-backend'])

/** Code of "permission denied": the setting exists, and only superusers may see it. */
const HIDDEN = '42501'

/**
 * Compares the settings that the server runs with to those of `postgresql.conf`. The role needs no rights: what only
 * superusers see is not judged.
 * @param text the wanted file; one without a hash is not judged
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
export async function configurationInUse(session: SettingsSession, text: string): Promise<ConfigurationInUse> {
  const wanted = settingsOf(text)
  const hash = wanted.get(CONFIGURATION_HASH)
  if (hash === undefined) return { state: 'in-use' }
  const taken = await currentSetting(session, CONFIGURATION_HASH)
  const rows = (await session.query(SETTINGS, [[...wanted.keys()]])).rows as readonly SettingRow[]
  if (taken !== hash) return await whyNotLoaded(session, text, rows)
  const pending = rows.filter((row) => row.pending).map(({ name }) => name)
  if (pending.length > 0) {
    const message = `${pending.join(', ')} will change when the server starts the next time; it is not restarted for that: delete its pod when it suits`
    return { state: 'pending-restart', message }
  }
  return differing(text, wanted, rows)
}

async function whyNotLoaded(
  session: SettingsSession,
  text: string,
  rows: readonly SettingRow[],
): Promise<ConfigurationInUse> {
  const major = majorOfConfiguration(text) ?? ''
  const seen = new Set(rows.map(({ name }) => name))
  const unknown: string[] = []
  for (const name of settingsOf(text).keys()) {
    if (name.includes('.') || seen.has(name) || parameterOf(name, major) !== undefined) continue
    if (!(await exists(session, name))) unknown.push(name)
  }
  if (unknown.length === 0) {
    return { state: 'not-loaded', message: 'The server still runs with other settings than the wanted ones.' }
  }
  const message = `PostgreSQL ${major} does not know ${unknown.join(', ')}: it takes nothing of its configuration over, and would not start with it. Remove the parameter`
  return { state: 'refused', message }
}

/** The value as everybody sees it; `undefined` where the server has no such setting. */
async function currentSetting(session: SettingsSession, name: string): Promise<string | undefined> {
  const [row] = (await session.query('SELECT current_setting($1, true) AS value', [name])).rows
  return (row as { readonly value: string | null } | undefined)?.value ?? undefined
}

async function exists(session: SettingsSession, name: string): Promise<boolean> {
  try {
    return (await currentSetting(session, name)) !== undefined
  } catch (error) {
    if ((error as { code?: unknown }).code === HIDDEN) return true
    throw error
  }
}

/** Where the file is what decides: role, database and session may have values of their own. */
const FROM_FILE: ReadonlySet<string> = new Set(['configuration file', 'default'])

/** Parameters whose text the server writes in another way than it was given. */
const REWRITTEN: ReadonlySet<string> = new Set([
  'datestyle',
  'default_text_search_config',
  'log_timezone',
  'timezone',
  'timezone_abbreviations',
])

function differing(text: string, wanted: ReadonlyMap<string, string>, rows: readonly SettingRow[]): ConfigurationInUse {
  const major = majorOfConfiguration(text) ?? ''
  const others = rows.flatMap(({ name, setting, source, older }) => {
    const entry = parameterOf(name, major)
    const value = wanted.get(name)
    if (value === undefined || entry === undefined || !FROM_FILE.has(source)) return []
    if ((older && OF_NEW_SESSIONS.has(entry.context)) || isInEffect(entry, value, setting)) return []
    return [`${name} is ${JSON.stringify(setting)} instead of ${JSON.stringify(value)}`]
  })
  if (others.length === 0) return { state: 'in-use' }
  const message = `${others.join(', ')}: either the server refused the value, which its log says and which may keep it from starting, or ALTER SYSTEM has set another one`
  return { state: 'not-in-effect', message }
}

/** Whether what the server shows may come of the wanted value; where that is hard to tell, it may. */
// oxlint-disable-next-line typescript/consistent-return -- the compiler proves that the switch is exhaustive
function isInEffect(entry: ParameterEntry, value: string, setting: string): boolean {
  const { values, context, name } = entry
  // What a start decides is often computed from the machine: a pending restart says what there is to say.
  if (context === 'postmaster') return true
  if (values.type === 'string') return REWRITTEN.has(name) || value === setting
  const read = readParameter(values, value)
  if (!read.ok) return false
  switch (values.type) {
    case 'bool':
      return read.value === (setting === 'on')
    case 'enum':
      // Several words may mean the same: `on` and `pglz`.
      return values.words.includes('off') || !values.words.includes(String(read.value)) || read.value === setting
    case 'integer':
    case 'real':
      return (
        Number(read.value) < 0 || Math.abs(Number(read.value) - Number(setting)) <= Math.abs(Number(setting)) * 1e-4
      )
  }
}
