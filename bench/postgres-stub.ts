/**
 * A server that speaks as much of PostgreSQL's protocol as a verification needs: start-up, SCRAM-SHA-256, the queries about
 * the database and about its settings.
 *
 * A thousand real servers do not fit on one machine. A login costs the client the same here as there: the exchange is
 * checked as PostgreSQL checks it, with the verifier that it would have stored.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { errorResponse, int16, int32, message, Reader, READY } from './postgres-messages.ts'

/** Who logs in, and where. */
export interface StubLogin {
  readonly user: string
  readonly database: string
}

/** Finds the verifier of a role, in the form of `pg_authid.rolpassword`; nothing where there is no such role. */
export type VerifierLookup = (login: StubLogin) => Promise<string | undefined>

/** The hash of the configuration that a server runs with; nothing where it has none. */
export type ConfigurationLookup = (login: StubLogin) => string | undefined

/** What the stub knows of the servers that it stands for. */
export interface StubKnowledge {
  readonly verifierOf: VerifierLookup
  readonly configurationOf: ConfigurationLookup
}

/** A running stub. */
export interface PostgresStub {
  /** On 127.0.0.1. */
  readonly port: number
  /** Successful logins so far. */
  logins(): number
  stop(): Promise<void>
}

/** Starts a stub that says of itself that it is of that version, for example 180004 for 18.4. */
export async function startPostgresStub(knowledge: StubKnowledge, versionNumber: number): Promise<PostgresStub> {
  const sockets = new Set<Socket>()
  let logins = 0
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A client that goes away in the middle has its own word for it.
    socket.on('error', () => socket.destroy())
    serve(socket, knowledge, versionNumber, () => (logins += 1)).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    logins: () => logins,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const PROTOCOL_3 = 196_608
const NO_ENCRYPTION = Buffer.from('N')

async function serve(
  socket: Socket,
  { verifierOf, configurationOf }: StubKnowledge,
  version: number,
  onLogin: () => void,
): Promise<void> {
  const reader = new Reader(socket)
  let startup = await reader.startup()
  // A client may ask for TLS or GSS first; it then goes on without.
  while (startup.readInt32BE(0) !== PROTOCOL_3) {
    socket.write(NO_ENCRYPTION)
    startup = await reader.startup()
  }
  const parameters = startup.subarray(4).toString('utf8').split('\0')
  const parameter = (name: string): string => parameters[parameters.indexOf(name) + 1] ?? ''
  const login = { user: parameter('user'), database: parameter('database') }
  if (!(await authenticate(socket, reader, await verifierOf(login)))) {
    socket.end(errorResponse('28P01', `password authentication failed for user "${login.user}"`))
    return
  }
  onLogin()
  socket.write(
    Buffer.concat([
      message('R', int32(0)),
      message('S', Buffer.from('client_encoding\0UTF8\0')),
      message('S', Buffer.from('standard_conforming_strings\0on\0')),
      message('K', Buffer.concat([int32(process.pid), int32(0)])),
      READY,
    ]),
  )
  const answers = (sql: string): Table | undefined => {
    if (sql.includes('pg_is_in_recovery()') && sql.includes('pg_get_userbyid(datdba)')) return facts(login, version)
    if (sql.includes('current_setting($1')) return { columns: [['value', TEXT]], rows: [[configurationOf(login)]] }
    if (sql.includes('datcollversion')) return { columns: COLLATION_COLUMNS, rows: [['1', '1']] }
    // Everything is as the file says: there is no row about which anything could be said.
    return sql.includes('FROM pg_settings') ? { columns: SETTING_COLUMNS, rows: [] } : undefined
  }
  await answerQueries(socket, reader, answers)
}

/** Answers simple queries, and prepared ones in the order in which the driver sends their parts. */
async function answerQueries(
  socket: Socket,
  reader: Reader,
  answers: (sql: string) => Table | undefined,
): Promise<void> {
  let prepared: Table | undefined
  for (;;) {
    const { type, body } = await reader.message()
    if (type === 'X') return void socket.end()
    if (type === 'Q') {
      const table = answers(body.toString('utf8'))
      socket.write(table === undefined ? UNKNOWN : Buffer.concat([described(table), rowsOf(table)]))
      socket.write(READY)
    } else if (type === 'P') {
      prepared = answers(body.toString('utf8'))
      socket.write(prepared === undefined ? UNKNOWN : message('1', Buffer.alloc(0)))
    } else if (type === 'S') socket.write(READY)
    // After an error everything is passed over until the client says that it goes on.
    else if (prepared !== undefined) {
      if (type === 'B') socket.write(message('2', Buffer.alloc(0)))
      if (type === 'D') socket.write(described(prepared))
      if (type === 'E') socket.write(rowsOf(prepared))
    }
  }
}

/** The server's side of SCRAM-SHA-256. @see https://www.rfc-editor.org/rfc/rfc5802 */
async function authenticate(socket: Socket, reader: Reader, verifier: string | undefined): Promise<boolean> {
  const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier ?? '')
  if (parts === null) return false
  const [, iterations, salt, storedKey = '', serverKey = ''] = parts
  socket.write(message('R', Buffer.concat([int32(10), Buffer.from('SCRAM-SHA-256\0\0')])))
  const initial = (await reader.message()).body.toString('utf8')
  const clientFirst = initial.slice(initial.indexOf('n,,') + 3)
  const nonce = `${/r=([^,]+)/.exec(clientFirst)?.[1] ?? ''}${randomBytes(18).toString('base64')}`
  const serverFirst = `r=${nonce},s=${salt},i=${iterations}`
  socket.write(message('R', Buffer.concat([int32(11), Buffer.from(serverFirst)])))
  const clientFinal = (await reader.message()).body.toString('utf8')
  const [, withoutProof = '', proof = ''] = /^(.*),p=(.+)$/.exec(clientFinal) ?? []
  const signed = `${clientFirst},${serverFirst},${withoutProof}`
  const stored = Buffer.from(storedKey, 'base64')
  const signature = createHmac('sha256', stored).update(signed).digest()
  const given = Buffer.from(proof, 'base64')
  if (given.length !== signature.length || !withoutProof.includes(`r=${nonce}`)) return false
  const clientKey = Buffer.from(given.map((byte, index) => byte ^ (signature[index] ?? 0)))
  if (!timingSafeEqual(createHash('sha256').update(clientKey).digest(), stored)) return false
  const serverSignature = createHmac('sha256', Buffer.from(serverKey, 'base64')).update(signed).digest('base64')
  socket.write(message('R', Buffer.concat([int32(12), Buffer.from(`v=${serverSignature}`)])))
  return true
}

const UNKNOWN: Buffer = errorResponse('0A000', 'this stub answers what a verification asks, and nothing else')

const TEXT = 25
const INTEGER = 23
const BOOLEAN = 16

/** What a query brings. */
interface Table {
  readonly columns: readonly (readonly [name: string, type: number])[]
  /** Nothing is NULL. */
  readonly rows: readonly (readonly (string | undefined)[])[]
}

/** The stub's database records the version by which it sorts. */
const COLLATION_COLUMNS: Table['columns'] = [
  ['recorded', TEXT],
  ['actual', TEXT],
]

const SETTING_COLUMNS: Table['columns'] = [
  ['name', TEXT],
  ['setting', TEXT],
  ['source', TEXT],
  ['pending', BOOLEAN],
]

/** The answer to the query of a verification: all is as it should be. */
function facts({ user, database }: StubLogin, version: number): Table {
  const columns: readonly (readonly [name: string, type: number, value: string])[] = [
    ['one', INTEGER, '1'],
    ['database', TEXT, database],
    ['owner', TEXT, user],
    ['role', TEXT, user],
    ['superuser', BOOLEAN, 'f'],
    ['recovering', BOOLEAN, 'f'],
    ['version', INTEGER, String(version)],
  ]
  return { columns: columns.map(([name, type]) => [name, type]), rows: [columns.map(([, , value]) => value)] }
}

function described({ columns }: Table): Buffer {
  const fields = columns.flatMap(([name, type]) => [
    Buffer.from(`${name}\0`),
    int32(0),
    int16(0),
    int32(type),
    int16(-1),
    int32(-1),
    int16(0),
  ])
  return message('T', Buffer.concat([int16(columns.length), ...fields]))
}

function rowsOf({ rows }: Table): Buffer {
  const NULL = int32(-1)
  const written = rows.map((row) => {
    const values = row.flatMap((value) =>
      value === undefined ? [NULL] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
    )
    return message('D', Buffer.concat([int16(row.length), ...values]))
  })
  return Buffer.concat([...written, message('C', Buffer.from(`SELECT ${rows.length}\0`))])
}
