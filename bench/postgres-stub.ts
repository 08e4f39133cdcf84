/**
 * A server that speaks as much of PostgreSQL's protocol as a verification needs: start-up, SCRAM-SHA-256, one query.
 *
 * A thousand real servers do not fit on one machine. A login costs the client the same here as there: the exchange is
 * checked as PostgreSQL checks it, with the verifier that it would have stored.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Who logs in, and where. */
export interface StubLogin {
  readonly user: string
  readonly database: string
}

/** Finds the verifier of a role, in the form of `pg_authid.rolpassword`; nothing where there is no such role. */
export type VerifierLookup = (login: StubLogin) => Promise<string | undefined>

/** A running stub. */
export interface PostgresStub {
  /** On 127.0.0.1. */
  readonly port: number
  /** Successful logins so far. */
  logins(): number
  stop(): Promise<void>
}

/** Starts a stub that says of itself that it is of that version, for example 180004 for 18.4. */
export async function startPostgresStub(lookup: VerifierLookup, versionNumber: number): Promise<PostgresStub> {
  const sockets = new Set<Socket>()
  let logins = 0
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A client that goes away in the middle has its own word for it.
    socket.on('error', () => socket.destroy())
    serve(socket, lookup, versionNumber, () => (logins += 1)).catch(() => socket.destroy())
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

async function serve(socket: Socket, lookup: VerifierLookup, version: number, onLogin: () => void): Promise<void> {
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
  if (!(await authenticate(socket, reader, await lookup(login)))) {
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
  for (;;) {
    const { type, body } = await reader.message()
    if (type === 'X') return void socket.end()
    const sql = body.toString('utf8')
    const isKnown = type === 'Q' && sql.includes('pg_is_in_recovery()') && sql.includes('pg_get_userbyid(datdba)')
    socket.write(isKnown ? facts(login, version) : errorResponse('0A000', 'this stub answers one query only'))
    if (!isKnown) socket.write(READY)
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

const TEXT = 25
const INTEGER = 23
const BOOLEAN = 16

/** The answer to the query of a verification: all is as it should be. */
function facts({ user, database }: StubLogin, version: number): Buffer {
  const columns: readonly (readonly [name: string, type: number, value: string])[] = [
    ['one', INTEGER, '1'],
    ['database', TEXT, database],
    ['owner', TEXT, user],
    ['role', TEXT, user],
    ['superuser', BOOLEAN, 'f'],
    ['recovering', BOOLEAN, 'f'],
    ['version', INTEGER, String(version)],
  ]
  const described = columns.flatMap(([name, type]) => [
    Buffer.from(`${name}\0`),
    int32(0),
    int16(0),
    int32(type),
    int16(-1),
    int32(-1),
    int16(0),
  ])
  const values = columns.flatMap(([, , value]) => [int32(Buffer.byteLength(value)), Buffer.from(value)])
  return Buffer.concat([
    message('T', Buffer.concat([int16(columns.length), ...described])),
    message('D', Buffer.concat([int16(columns.length), ...values])),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

const READY: Buffer = message('Z', Buffer.from('I'))

function errorResponse(code: string, text: string): Buffer {
  return message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`))
}

/** Cuts the client's bytes into messages. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** The body of a message without a type, which only begins a session. */
  async startup(): Promise<Buffer> {
    const length = (await this.#take(4)).readInt32BE(0)
    return this.#take(length - 4)
  }

  async message(): Promise<{ readonly type: string; readonly body: Buffer }> {
    const head = await this.#take(5)
    return { type: head.toString('latin1', 0, 1), body: await this.#take(head.readInt32BE(1) - 4) }
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const { value, done } = await this.#chunks.next()
      if (done === true) throw new Error('the client is gone')
      this.#rest = Buffer.concat([this.#rest, value])
    }
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }
}
