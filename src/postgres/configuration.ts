import { createHash } from 'node:crypto'
import { CONFIGURATION_HASH, configurationHeader, settingLine } from '../api/configuration-file.ts'
import type { PostgresMajor } from '../api/image-reference.ts'
import { OWNED_PARAMETERS, PARAMETER_NAME_PATTERN } from '../api/parameters.ts'
import { REPLICATION_ROLE } from '../api/replication.ts'
import { METRICS_MAP, METRICS_ROLE } from './metrics-role.ts'
import { memoryParameters, volumeParameters } from './sizing.ts'

/** What `postgresql.conf` is made from. */
export interface ConfigurationInput {
  readonly major: PostgresMajor
  /** Memory limit of the container, in bytes. Without one, memory settings are small and fixed. */
  readonly memoryLimitBytes?: number | undefined
  /** Size of the volume, in bytes: the write-ahead log must leave room for data. */
  readonly storageBytes: number
  /** Settings by name, as text. They win over every default. */
  readonly parameters: Readonly<Record<string, string>>
  /** What the access rules beside it depend on. @default a primary alone */
  readonly access?: AccessInput
}

/** What `pg_hba.conf` is made from. */
export interface AccessInput {
  /** Whether standbys may come. @default false */
  readonly hasStandbys?: boolean
  /** Whether whoever comes over the network must encrypt. @default false */
  readonly tls?: boolean
  /** Whether there is an exporter. @default false */
  readonly isMeasured?: boolean
}

/** A parameter that cannot stand in `postgresql.conf`; `parameter` is its name as given. */
export class ParameterRefusedError extends Error {
  override readonly name = 'ParameterRefusedError'
  readonly parameter: string

  constructor(parameter: string, message: string) {
    super(message)
    this.parameter = parameter
  }
}

type Parameters = Readonly<Record<string, string>>

// Locale settings stand in the file that initdb writes, which is not the one in use. They are those of initdb: see the
// bootstrap script. English text search is what initdb chooses for the locale C.
const LOCALE: Parameters = {
  lc_messages: 'C',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
  default_text_search_config: 'pg_catalog.english',
}

// Where the certificate is, the server is told when it starts, as it is told every path.
const encryption = (tls: boolean): Parameters =>
  tls ? { ssl: 'on', ssl_min_protocol_version: 'TLSv1.3' } : { ssl: 'off' }

const connections = (tls: boolean): Parameters => ({
  max_connections: '100',
  password_encryption: 'scram-sha-256',
  ...encryption(tls),
  // A transaction that nobody continues holds back vacuum in every table.
  idle_in_transaction_session_timeout: '10min',
  // Clients vanish without a word when their node does.
  tcp_keepalives_idle: '60s',
  tcp_keepalives_interval: '10s',
  tcp_keepalives_count: '6',
})

const PLANNER: Parameters = {
  jit: 'off',
  random_page_cost: '1.1',
}

const LOG: Parameters = {
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] %q%u@%d %a ',
  log_checkpoints: 'on',
  log_lock_waits: 'on',
  log_temp_files: '10MB',
  log_autovacuum_min_duration: '1min',
}

const SYSTEM: Parameters = {
  dynamic_shared_memory_type: 'posix',
  // Huge pages of the node are not the container's: touching one would be a bus error.
  huge_pages: 'off',
}

/**
 * Settings that exist only from a major on. The configuration comes from Git: what `ALTER SYSTEM` writes would silently
 * win over it.
 * @see https://www.postgresql.org/docs/17/runtime-config-compatible.html#GUC-ALLOW-ALTER-SYSTEM
 */
function majorParameters(major: PostgresMajor): Parameters {
  return Number(major) >= 17 ? { allow_alter_system: 'off' } : {}
}

/**
 * Text of `postgresql.conf`: defaults for production, then `parameters`, then a hash of this file and `pg_hba.conf`, which
 * a login asks for. The same input gives the same bytes.
 *
 * Addresses, port and socket directory are not in it: they differ between a pod and a laptop and are given when the
 * server is started.
 * @throws ParameterRefusedError for a parameter that the manifests own, a malformed name, or a value of several lines
 */
export function postgresqlConf({
  major,
  memoryLimitBytes,
  storageBytes,
  parameters,
  access = {},
}: ConfigurationInput): string {
  const own = checkedParameters(parameters)
  const sections: readonly (readonly [title: string, settings: Parameters])[] = [
    ['Locale and time', LOCALE],
    ['Connections', connections(access.tls === true)],
    [
      memoryLimitBytes === undefined ? 'Memory: the container has no limit' : 'Memory: from the limit of the container',
      memoryParameters(memoryLimitBytes),
    ],
    ['Write-ahead log: from the size of the volume', volumeParameters(storageBytes)],
    ['Planner', PLANNER],
    ['Log', LOG],
    ['System', { ...SYSTEM, ...majorParameters(major) }],
  ]
  const blocks = sections.map(([title, settings]) => {
    const lines = Object.entries(settings).filter(([name]) => !own.has(name))
    return [`# ${title}`, ...lines.map(([name, value]) => settingLine(name, value))].join('\n')
  })
  if (own.size > 0) {
    const sorted = [...own].toSorted(([left], [right]) => (left < right ? -1 : 1))
    blocks.push(['# spec.parameters', ...sorted.map(([name, value]) => settingLine(name, value))].join('\n'))
  }
  const text = `${[configurationHeader(major), ...blocks].join('\n\n')}\n`
  const hash = createHash('sha256')
    .update(`${text}\0${pgHbaConf(access)}`)
    .digest('hex')
    .slice(0, 16)
  return `${text}\n# Tells which file the server has taken over\n${settingLine(CONFIGURATION_HASH, hash)}\n`
}

/**
 * Text of `pg_hba.conf`. The superuser is reached over the socket by the operating system's user only; everybody else
 * proves a password, and with TLS comes in encrypted or not at all. Loopback has lines of its own, so that probes leave
 * nothing in the log; nothing that is sent there leaves the pod. Standbys get in to replicate and to ask how the primary
 * is; where there are none, nobody replicates. An exporter is let in by its user, over the socket.
 * @see https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
 */
export function pgHbaConf({ hasStandbys = false, tls = false, isMeasured = false }: AccessInput = {}): string {
  const remote = tls ? 'hostssl' : 'host'
  const rules = [
    ['# TYPE', 'DATABASE', 'USER', 'ADDRESS', 'METHOD'],
    ['local', 'all', 'postgres', '', 'peer'],
    ...(isMeasured ? [['local', 'all', METRICS_ROLE, '', `peer map=${METRICS_MAP}`]] : []),
    ['local', 'all', 'all', '', 'scram-sha-256'],
    ['host', 'all', 'all', '127.0.0.1/32', 'scram-sha-256'],
    ['host', 'all', 'all', '::1/128', 'scram-sha-256'],
    ...(hasStandbys ? standbyRules(remote) : []),
    ['host', 'replication', 'all', 'all', 'reject'],
    ['host', 'all', 'postgres', 'all', 'reject'],
    [remote, 'all', 'all', 'all', 'scram-sha-256'],
  ]
  const widths = [8, 12, isMeasured ? METRICS_ROLE.length + 2 : hasStandbys ? 18 : 9, 13, 0]
  const lines = rules.map((rule) => rule.map((field, column) => field.padEnd(widths[column] ?? 0)).join(''))
  return `${lines.join('\n')}\n`
}

/** The role of the standbys, which gets into no database but the one that holds nothing. */
function standbyRules(remote: string): string[][] {
  return [
    [remote, 'replication', REPLICATION_ROLE, 'all', 'scram-sha-256'],
    [remote, 'postgres', REPLICATION_ROLE, 'all', 'scram-sha-256'],
    ['host', 'all', REPLICATION_ROLE, 'all', 'reject'],
  ]
}

function checkedParameters(parameters: Parameters): Map<string, string> {
  const checked = new Map<string, string>()
  for (const [given, value] of Object.entries(parameters)) {
    // PostgreSQL reads names without regard to case, so `Port` is `port`.
    const name = given.toLowerCase()
    if (!new RegExp(PARAMETER_NAME_PATTERN).test(name)) {
      throw new ParameterRefusedError(given, `${JSON.stringify(given)} is not the name of a PostgreSQL setting`)
    }
    const reason = Object.hasOwn(OWNED_PARAMETERS, name) ? OWNED_PARAMETERS[name] : undefined
    if (reason !== undefined) throw new ParameterRefusedError(given, `parameter ${given} cannot be set: ${reason}`)
    if (checked.has(name)) throw new ParameterRefusedError(given, `parameter ${given} is set twice`)
    // oxlint-disable-next-line no-control-regex -- a line break would begin another setting, a NUL would end the file
    if (/[\u0000-\u0008\u000A-\u001F\u007F]/.test(value)) {
      throw new ParameterRefusedError(given, `parameter ${given} must be one line of text`)
    }
    checked.set(name, value)
  }
  return checked
}
