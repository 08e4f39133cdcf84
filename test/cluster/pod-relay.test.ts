import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { withPodRelay } from './pod-relay.ts'
import type { RelayedPod } from './pod-relay.ts'

const POD = { namespace: 'shop', pod: 'orders-0' }
const DATA = 0
const COMPLAINT = 1

interface FakePod extends RelayedPod {
  /** How many connections lead to it. */
  readonly connections: () => number
}

/** More than a socket takes at a time. */
const LONG_ANSWER = Buffer.alloc(16_000_000, 'and so on ')

/** An API server with a pod that has a lot to say to everything it hears. */
async function startPod(options: { readonly isThere: boolean }): Promise<FakePod> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    verifyClient: () => options.isThere,
    handleProtocols: () => 'v4.channel.k8s.io',
  })
  const directory = mkdtempSync(join(tmpdir(), 'relay-'))
  onTestFinished(() => {
    rmSync(directory, { recursive: true })
    for (const client of server.clients) client.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    for (const channel of [DATA, COMPLAINT]) socket.send(Buffer.of(channel, 5432 & 0xff, 5432 >> 8))
    socket.on('message', () => socket.send(Buffer.concat([Buffer.of(DATA), LONG_ANSWER])))
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = {
    'current-context': 'pods',
    clusters: [{ name: 'pods', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'pods', context: { cluster: 'pods', user: 'nobody' } }],
  }
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(config))
  return { ...POD, kubeconfig, connections: () => server.clients.size }
}

test('what a pod still says to a client that hangs up disturbs nobody, and no connection stays', async () => {
  const pod = await startPod({ isThere: true })
  await withPodRelay(pod, async (port) => {
    const client = connect(port, '127.0.0.1')
    client.on('error', () => undefined)
    client.write('hello')
    // There is an answer, and it stays where it is.
    await once(client, 'readable')
    client.end('goodbye')
    await sleep(100)
    await once(client.resume(), 'close')
  })
  await expect.poll(pod.connections).toBe(0)
})

test('a client that breaks off leaves no connection', async () => {
  const pod = await startPod({ isThere: true })
  await withPodRelay(pod, async (port) => {
    const client = connect(port, '127.0.0.1')
    client.write('hello')
    await once(client, 'readable')
    client.resetAndDestroy()
  })
  await expect.poll(pod.connections).toBe(0)
})

test('a client of a pod that is not there is hung up on', async () => {
  const pod = await startPod({ isThere: false })
  await withPodRelay(pod, (port) => once(connect(port, '127.0.0.1').resume(), 'close'))
})
