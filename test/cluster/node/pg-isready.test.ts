import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const script = join(import.meta.dirname, 'pg_isready')
let server: Server | undefined
afterEach(async () => {
  await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)))
  server = undefined
})

const listen = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const started = createServer(onConnection)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const address = started.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

const run = async (args: readonly string[], environment: Record<string, string> = {}): Promise<[number, string]> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment }
    const child = execFile(script, args, { env }, (_error, stdout) => resolve([child.exitCode ?? -1, stdout.trim()]))
  })

/** A server's answer to a startup packet: an error with this SQLSTATE. */
const refusal = (sqlState: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0Mnot now\0\0`)
  const head = Buffer.from('E\0\0\0\0')
  head.writeUInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
const authentication = Buffer.from('R\0\0\0\x08\0\0\0\x0a', 'latin1')

describe('the stand-in for pg_isready', () => {
  test('sends a proper startup packet and is content with a request to authenticate', async () => {
    let received = Buffer.alloc(0)
    const port = await listen((socket) => {
      socket.on('data', (data) => {
        received = Buffer.concat([received, data])
        socket.end(authentication)
      })
    })
    const args = ['-h', '127.0.0.1', '-U', 'app', '-d', 'shop', '-t', '2']
    expect(await run(args, { PGPORT: String(port) })).toEqual([0, `127.0.0.1:${port} - accepting connections`])
    expect(received.readUInt32BE(0)).toBe(received.length)
    expect(received.readUInt32BE(4)).toBe(0x30000)
    expect(received.toString('latin1', 8)).toBe('user\0app\0database\0shop\0\0')
  })

  test('tells a server that is starting from one that refuses the user', async () => {
    const codes = ['57P03', '28000']
    const port = await listen((socket) => socket.on('data', () => socket.end(refusal(codes.shift() ?? ''))))
    expect(await run(['-q', '-h', '127.0.0.1', '-p', String(port)])).toEqual([1, ''])
    expect(await run(['-q', '--host=127.0.0.1', `-p${port}`])).toEqual([0, ''])
  })

  test('gets no response from nobody, and from somebody who says nothing', async () => {
    const port = await listen((socket) => socket.resume().on('error', () => socket.destroy()))
    expect((await run(['-h', '127.0.0.1', '-p', String(port), '-t', '1']))[0]).toBe(2)
    expect((await run(['-h', '127.0.0.1', '-p', '1', '-t', '1']))[0]).toBe(2)
  })

  test('does not try with options that it does not know', async () => {
    expect((await run(['--banana']))[0]).toBe(3)
  })
})
