import { once } from 'node:events'
import { connect as connectTo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { CollationMismatch } from '../api/collation-mismatch.ts'
import type { ConfigurationInUse } from '../api/configuration-in-use.ts'
import type { StandbyState } from '../api/standby-state.ts'
import type { PostgresMajor } from '../api/image-reference.ts'
import { collationMismatch } from './collation.ts'
import { configurationInUse } from './configuration-in-use.ts'
import type { SettingsSession } from './configuration-in-use.ts'
import { DuplexSocket } from './duplex-socket.ts'
import { standbyStates } from './standby-states.ts'
import { encrypt } from './encryption.ts'
import { rejectionOf } from './login-error.ts'
import type { LoginRejection } from './login-error.ts'
import type { PresentedCertificate, TlsRequest } from './server-certificate.ts'

/** A server to connect to over TCP. */
interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** What is verified. */
export interface LoginRequest {
  /** Opens the way to the server: a connected stream (a port-forward), or where to connect. Called once. */
  readonly connect: () => Duplex | ServerAddress | Promise<Duplex | ServerAddress>
  readonly database: string
  /** The application role. It must own the database. */
  readonly username: string
  readonly password: string
  /** How long everything together may take, in milliseconds. */
  readonly timeoutMs: number
  /** Major that the server must be of. */
  readonly expectedMajor: PostgresMajor
  /** Whether a superuser is accepted as the application role. @default false */
  readonly mayBeSuperuser?: boolean
  /** How the connection is encrypted. @default it is not */
  readonly tls?: TlsRequest | undefined
  /** The wanted `postgresql.conf`, to be compared with what the server runs with. @default nothing is compared */
  readonly configuration?: string | undefined
  /** Pods of standbys by number, about which the primary is asked. @default none */
  readonly standbys?: ReadonlyMap<number, string> | undefined
  /**
   * SCRAM verifier that the role gives itself in the same session, once everything else was found to be right.
   * @default the password stays
   */
  readonly newVerifier?: string
}

/** Why a verification failed. */
type VerificationFailure =
  | LoginRejection
  /** The server did not ask for the password: it would let anybody in. */
  | 'PasswordNotAsked'
  | 'NotPrimary'
  | 'WrongDatabase'
  | 'WrongOwner'
  | 'SuperuserRole'
  | 'WrongMajor'
  /** Everything is right, but the server would not take the new verifier. */
  | 'PasswordNotChanged'

/** Result of a verification. No message ever holds the password. */
export type LoginVerification =
  | {
      readonly ok: true
      /** For instance `16.4`. */
      readonly serverVersion: string
      /** `server_version_num`, for instance 160004. */
      readonly serverVersionNumber: number
      /** Absent where nothing was compared. */
      readonly configuration?: ConfigurationInUse
      /** Absent where nobody asked for any. */
      readonly standbys?: readonly StandbyState[]
      /** Absent without TLS. */
      readonly certificate?: PresentedCertificate
      /** Absent where text is sorted as it was when the indexes were built. */
      readonly collation?: CollationMismatch
    }
  | { readonly ok: false; readonly reason: VerificationFailure; readonly message: string }

interface Facts {
  readonly one: number
  readonly database: string
  readonly owner: string
  readonly role: string
  readonly superuser: boolean
  readonly recovering: boolean
  readonly version: number
}

const FACTS = `
  SELECT 1 AS one, current_database()::text AS database, pg_get_userbyid(datdba)::text AS owner, current_user::text AS role,
    rolsuper AS superuser, pg_is_in_recovery() AS recovering, current_setting('server_version_num')::int AS version
  FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user`

/**
 * Logs in as the application role, runs a query and checks that this is the database that was meant: right major,
 * database and owner, a primary, a role that is not a superuser, a password that is really asked for.
 *
 * Never throws: every outcome is a result. The connection and its stream are closed when it returns.
 */
export async function verifyLogin(request: LoginRequest): Promise<LoginVerification> {
  const stop = new AbortController()
  const timeout = delay(request.timeoutMs, undefined, { signal: stop.signal }).then(
    () => failed('Timeout', `no answer within ${request.timeoutMs} ms`),
    // Aborted: the other side of the race has won.
    () => failed('Timeout', 'aborted'),
  )
  try {
    return withoutPassword(await Promise.race([attempt(request, stop.signal), timeout]), request.password)
  } finally {
    stop.abort()
  }
}

/** Opens the way, logs in, closes the way. */
async function attempt(request: LoginRequest, stop: AbortSignal): Promise<LoginVerification> {
  // The driver cannot send one and blames the server.
  if (request.password === '') return failed('LoginRejected', 'the password is empty')
  let way: Duplex | undefined
  try {
    const target = await request.connect()
    const stream = 'pipe' in target ? target : connectTo(target)
    way = stream
    if (stop.aborted) return failed('Timeout', 'aborted')
    stop.addEventListener('abort', () => stream.destroy(), { once: true })
    if (stream instanceof Socket && stream.connecting) await once(stream, 'connect')
    if (request.tls === undefined) return await login(request, new DuplexSocket(stream))
    const { stream: encrypted, presented } = await encrypt(stream, request.tls)
    const result = await login(request, new DuplexSocket(encrypted))
    return result.ok ? { ...result, certificate: presented } : result
  } catch (error) {
    return rejectionOf(error, { connectionLost: way === undefined || way.destroyed })
  } finally {
    way?.destroy()
  }
}

/** How long a server may take to close a session that said goodbye, in milliseconds. */
const GOODBYE_MS = 500

async function login(request: LoginRequest, socket: Duplex): Promise<LoginVerification> {
  // Loaded here: the driver costs start-up time, and most commands never log in.
  const { Client } = (await import('pg')).default
  let asked = false
  // Everything is given: what is left out, the driver would take from PG… variables of whoever runs this.
  const client = new Client({
    // The stream leads to the server already.
    host: 'localhost',
    port: 5432,
    database: request.database,
    user: request.username,
    password: () => {
      asked = true
      return request.password
    },
    // What is to be encrypted is encrypted by now.
    ssl: false,
    application_name: 'cdk8s-database',
    client_encoding: 'UTF8',
    options: sessionOptions(request),
    stream: () => socket,
  })
  const broken = new Promise<never>((_resolve, reject) => client.on('error', reject))
  const query = async (): Promise<LoginVerification> => {
    await client.connect()
    const facts = (await client.query<Facts>(FACTS)).rows[0]
    if (!asked) return failed('PasswordNotAsked', PASSWORD_NOT_ASKED)
    const found = verdict(facts, request)
    if (!found.ok) return found
    if (request.newVerifier !== undefined) {
      const change = `ALTER ROLE CURRENT_USER PASSWORD ${client.escapeLiteral(request.newVerifier)}`
      const refusal = await refusalOf(client.query(change))
      if (refusal !== undefined) return failed('PasswordNotChanged', refusal)
    }
    const session: SettingsSession = { query: (sql, values) => client.query(sql, [...values]) }
    const collation = await collationMismatch(client, found.serverVersionNumber)
    const { configuration, standbys } = request
    return {
      ...found,
      ...(collation === undefined ? {} : { collation }),
      ...(configuration === undefined ? {} : { configuration: await configurationInUse(session, configuration) }),
      ...(standbys === undefined || standbys.size === 0 ? {} : { standbys: await standbyStates(session, standbys) }),
    }
  }
  const result = await Promise.race([query(), broken])
  await Promise.race([client.end(), delay(GOODBYE_MS, undefined, { ref: false })])
  return result
}

const PASSWORD_NOT_ASKED = 'the server let the role in without asking for its password: check pg_hba.conf'

/**
 * What the session is told before anything else. A change must be on disk when it is reported as done, whatever the
 * database's own settings say: what is written down elsewhere afterwards relies on it.
 */
function sessionOptions({ timeoutMs, newVerifier }: LoginRequest): string {
  const access = newVerifier === undefined ? 'default_transaction_read_only=on' : 'default_transaction_read_only=off'
  const settings = ['search_path=pg_catalog', `statement_timeout=${Math.ceil(timeoutMs)}`, access]
  if (newVerifier !== undefined) settings.push('synchronous_commit=on')
  return settings.map((setting) => `-c ${setting}`).join(' ')
}

/** The server's own words where it turned a statement down; a connection that broke is thrown. */
async function refusalOf(statement: Promise<unknown>): Promise<string | undefined> {
  try {
    await statement
    return undefined
  } catch (error) {
    if (error instanceof Error && 'severity' in error) return error.message
    throw error
  }
}

function verdict(
  facts: Facts | undefined,
  { database, username, expectedMajor, mayBeSuperuser = false }: LoginRequest,
): LoginVerification {
  if (facts?.one !== 1) return failed('UnexpectedError', 'the server answered a query with nothing')
  const major = Math.floor(facts.version / 10_000)
  if (facts.database !== database)
    return failed('WrongDatabase', `connected to ${facts.database} instead of ${database}`)
  if (facts.role !== username) return failed('LoginRejected', `logged in as ${facts.role} instead of ${username}`)
  if (String(major) !== expectedMajor)
    return failed('WrongMajor', `the server is PostgreSQL ${major}, expected ${expectedMajor}`)
  if (facts.recovering)
    return failed('NotPrimary', 'the server is in recovery: it is a standby, or still being restored')
  if (facts.owner !== username)
    return failed('WrongOwner', `database ${database} belongs to ${facts.owner} instead of ${username}`)
  if (facts.superuser && !mayBeSuperuser) return failed('SuperuserRole', `role ${username} is a superuser`)
  return { ok: true, serverVersion: `${major}.${facts.version % 10_000}`, serverVersionNumber: facts.version }
}

function failed(reason: VerificationFailure, message: string): LoginVerification {
  return { ok: false, reason, message }
}

/** The server never repeats a password; a stream or a driver that is not ours might. */
function withoutPassword(result: LoginVerification, password: string): LoginVerification {
  if (result.ok || password === '' || !result.message.includes(password)) return result
  return { ...result, message: result.message.replaceAll(password, '***') }
}
