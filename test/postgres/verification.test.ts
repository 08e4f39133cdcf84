import { createServer, connect } from 'node:net'
import type { Server, Socket } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex, duplexPair } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { verifyLogin } from '../../src/postgres/verification.ts'
import type { LoginRequest } from '../../src/postgres/verification.ts'
import { queryAsOwner } from './owner-query.ts'
import { createPodDirectory, CREDENTIALS, makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { ANY_MAJOR, OTHER_MAJOR } from './programs-under-test.ts'

const request = (connectTo: LoginRequest['connect'], changed: Partial<LoginRequest> = {}): LoginRequest => ({
  connect: connectTo,
  ...CREDENTIALS,
  timeoutMs: 15_000,
  expectedMajor: ANY_MAJOR,
  ...changed,
})

async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** A stream that leads to that port and is no socket, as a port-forward is one. */
async function openStream(port: number): Promise<{ stream: Duplex; socket: Socket }> {
  const socket = await openSocket(port)
  const [stream, far] = duplexPair()
  far.pipe(socket).pipe(far)
  socket.once('close', () => stream.destroy())
  stream.once('close', () => socket.destroy())
  return { stream, socket }
}

describe('verification against a real server', () => {
  let pod: PodDirectory
  beforeAll(async () => {
    pod = await makePodDirectory(ANY_MAJOR)
    const { code, output } = await pod.bootstrap()
    if (code !== 0) throw new Error(output)
  })
  afterAll(async () => pod.dispose())

  test('succeeds over TCP and over a stream, and leaves no session behind', async () => {
    await pod.serve(async (port) => {
      const expected = {
        ok: true,
        serverVersion: expect.stringMatching(`^${ANY_MAJOR}\\.\\d+$`),
        serverVersionNumber: expect.any(Number),
      }
      expect(await verifyLogin(request(() => ({ host: '127.0.0.1', port })))).toEqual(expected)
      const { stream, socket } = await openStream(port)
      expect(await verifyLogin(request(() => stream))).toEqual(expected)
      expect(stream.destroyed).toBe(true)
      await vi.waitUntil(() => socket.destroyed)
      expect(await verifyLogin(request(() => openSocket(port)))).toEqual(expected)
      const sessions = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'cdk8s-database'"
      await vi.waitUntil(async () => (await queryAsOwner(port, sessions)).rows[0].count === 0, { timeout: 5000 })
    })
  })

  test('tells of a collation that is not the one of the indexes, and no more when that is set right', async ({
    skip,
  }) => {
    skip(Number(ANY_MAJOR) < 17, `PostgreSQL ${ANY_MAJOR} names the locale in another column`)
    const icu = `datlocprovider = 'i', datlocale = 'und', datcollversion = '1.0'`
    await pod.alter(`UPDATE pg_database SET ${icu} WHERE datname = 'mydb'`)
    try {
      await pod.serve(async (port) => {
        const found = await pod.login(port)
        expect(found).toMatchObject({ ok: true, collation: { recorded: '1.0', actual: expect.any(String) } })
        // As the runbook has it.
        await queryAsOwner(port, 'ALTER DATABASE mydb REFRESH COLLATION VERSION')
        expect(await pod.login(port)).not.toHaveProperty('collation')
      })
    } finally {
      const asBefore = `datlocprovider = 'c', datlocale = NULL, datcollversion = NULL`
      await pod.alter(`UPDATE pg_database SET ${asBefore} WHERE datname = 'mydb'`)
    }
  })

  test('takes nothing from the environment of whoever runs it', async () => {
    const foreign = {
      PGSSLMODE: 'require',
      PGOPTIONS: '-c role=nobody',
      PGDATABASE: 'x',
      PGUSER: 'x',
      PGPASSWORD: 'x',
      PGCLIENT_ENCODING: 'LATIN1',
    }
    for (const [name, value] of Object.entries(foreign)) vi.stubEnv(name, value)
    try {
      await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('is not led astray by what the role has set for its sessions: names mean those of the catalog', async () => {
    const other = await createPodDirectory(ANY_MAJOR)
    await other.bootstrap()
    await other.serve(async (port) => {
      const traps = [
        'CREATE SCHEMA trap',
        `CREATE VIEW trap.pg_database AS SELECT 'mydb'::name AS datname, 10::oid AS datdba`,
        `CREATE VIEW trap.pg_roles AS SELECT 'admin'::name AS rolname, true AS rolsuper`,
        `CREATE FUNCTION trap.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
        'ALTER ROLE admin SET search_path = trap, pg_catalog',
      ]
      await queryAsOwner(port, traps.join(';'))
      const astray = await queryAsOwner(port, 'SELECT rolsuper, pg_is_in_recovery() AS recovering FROM pg_roles')
      expect(astray.rows).toEqual([{ rolsuper: true, recovering: true }])
      expect(await other.login(port)).toMatchObject({ ok: true })
    })
  })

  test('says what is wrong', async () => {
    await pod.alter('CREATE DATABASE stray')
    await pod.serve(async (port) => {
      const address = (): { host: string; port: number } => ({ host: '127.0.0.1', port })
      const cases: [Partial<LoginRequest>, string][] = [
        [{ password: 'guess' }, 'LoginRejected'],
        [{ password: '' }, 'LoginRejected'],
        [{ username: 'nobody_knows' }, 'LoginRejected'],
        [{ username: 'postgres' }, 'LoginRejected'],
        [{ database: 'nothing' }, 'WrongDatabase'],
        [{ database: 'postgres' }, 'LoginRejected'],
        [{ database: 'stray' }, 'WrongOwner'],
        [{ expectedMajor: OTHER_MAJOR }, 'WrongMajor'],
      ]
      for (const [changed, reason] of cases) {
        const result = await verifyLogin(request(address, changed))
        expect(result).toMatchObject({ ok: false, reason })
        expect(JSON.stringify(result)).not.toContain(CREDENTIALS.password)
      }
    })
  })

  test('fails when the server does not ask for the password', async () => {
    await pod.configure('pg_hba.conf', 'host all all all trust\n')
    await pod.serve(async (port) =>
      expect(await pod.login(port)).toMatchObject({ ok: false, reason: 'PasswordNotAsked' }),
    )
  })

  test('fails when the role is a superuser', async () => {
    const other = await createPodDirectory(ANY_MAJOR)
    await other.bootstrap()
    await other.alter('ALTER ROLE admin SUPERUSER')
    await other.serve(async (port) => expect(await other.login(port)).toMatchObject({ reason: 'SuperuserRole' }))
    await other.alter(
      'ALTER ROLE admin NOSUPERUSER',
      'REVOKE CONNECT ON DATABASE mydb FROM admin',
      'ALTER DATABASE mydb OWNER TO postgres',
    )
    await other.serve(async (port) => expect(await other.login(port)).toMatchObject({ reason: 'LoginRejected' }))
  })

  test('fails when the server is a standby', async () => {
    const other = await createPodDirectory(ANY_MAJOR)
    await other.bootstrap()
    await writeFile(join(other.dataDirectory, 'standby.signal'), '')
    await other.serve(async (port) => expect(await other.login(port)).toMatchObject({ reason: 'NotPrimary' }))
  })
})

describe('verification without a usable server', () => {
  const servers: Server[] = []
  const sockets: Socket[] = []
  /** A server on a port of its own that does that with every connection. */
  async function serverThat(handle: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => socket.destroy())
      handle(socket)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  })

  /** An error as the server sends it, before or after the login. */
  const errorResponse = (code: string, message: string): Buffer => {
    const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
    const head = Buffer.from('E\0\0\0\0')
    head.writeInt32BE(fields.length + 4, 1)
    return Buffer.concat([head, fields])
  }

  test('is unreachable when nobody listens', async () => {
    const port = await serverThat(() => undefined)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    expect(await verifyLogin(request(() => ({ host: '127.0.0.1', port })))).toMatchObject({
      reason: 'Unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('is unreachable when the way cannot be opened', async () => {
    const connectTo = async (): Promise<Duplex> => Promise.reject(new Error('pod not found'))
    expect(await verifyLogin(request(connectTo))).toEqual({
      ok: false,
      reason: 'Unreachable',
      message: 'pod not found',
    })
  })

  test('is unreachable when the connection breaks, over TCP and over a stream', async () => {
    const port = await serverThat((socket) => socket.once('data', () => socket.destroy()))
    expect(await verifyLogin(request(() => ({ host: '127.0.0.1', port })))).toMatchObject({ reason: 'Unreachable' })
    expect(await verifyLogin(request(async () => (await openStream(port)).stream))).toMatchObject({
      reason: 'Unreachable',
    })
    const broken = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => done(new Error('lost connection to pod')),
    })
    expect(await verifyLogin(request(() => broken))).toEqual({
      ok: false,
      reason: 'Unreachable',
      message: 'lost connection to pod',
    })
  })

  test('times out when the server says nothing, and closes the connection', async () => {
    const closed: Promise<void>[] = []
    const port = await serverThat((socket) => {
      socket.resume()
      closed.push(new Promise((resolve) => socket.once('close', () => resolve())))
    })
    for (const connectTo of [() => ({ host: '127.0.0.1', port }), async () => (await openStream(port)).stream]) {
      expect(await verifyLogin(request(connectTo, { timeoutMs: 200 }))).toEqual({
        ok: false,
        reason: 'Timeout',
        message: 'no answer within 200 ms',
      })
    }
    await Promise.all(closed)
    expect(closed).toHaveLength(2)
  })

  test('times out when the way never opens, and closes it when it opens too late', async () => {
    const port = await serverThat((socket) => socket.resume())
    const { stream } = await openStream(port)
    const late = async (): Promise<Duplex> => {
      await delay(300)
      return stream
    }
    expect(await verifyLogin(request(late, { timeoutMs: 50 }))).toMatchObject({ reason: 'Timeout' })
    expect(stream.destroyed).toBe(false)
    await vi.waitUntil(() => stream.destroyed)
  })

  test.each([
    ['57P03', 'ServerStarting'],
    ['53300', 'TooManyConnections'],
    ['28000', 'LoginRejected'],
    ['XX000', 'UnexpectedError'],
  ])('says %s of the server as %s', async (code, reason) => {
    const port = await serverThat((socket) => socket.once('data', () => socket.end(errorResponse(code, 'no'))))
    const result = await verifyLogin(request(() => ({ host: '127.0.0.1', port })))
    expect(result).toEqual({ ok: false, reason, message: 'no' })
  })

  test('never repeats the password, even where the other side does', async () => {
    const port = await serverThat((socket) => {
      socket.once('data', () => {
        // AuthenticationCleartextPassword
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
        socket.once('data', (answer: Buffer) =>
          socket.end(errorResponse('28P01', `not ${answer.subarray(5, -1).toString()}`)),
        )
      })
    })
    const result = await verifyLogin(request(() => ({ host: '127.0.0.1', port })))
    expect(result).toMatchObject({ ok: false })
    expect(JSON.stringify(result)).not.toContain(CREDENTIALS.password)
  })
})
