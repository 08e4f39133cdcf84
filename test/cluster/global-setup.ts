/**
 * One control plane for a whole test run, started when the first test file asks for it.
 *
 * Test files run in workers; the cluster belongs to the main process, which outlives them. A run without such a test
 * file (`npx vitest run test/api`) starts nothing.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { startNode } from './node/node.ts'
import type { LocalNode } from './node/node.ts'

/** Where a worker asks for the shared cluster. The secret keeps everybody else on the machine from asking. */
export interface SharedClusterAddress {
  readonly port: number
  readonly secret: string
}

/** The directory of the shared cluster, or why there is none. */
export type SharedClusterReply = { readonly directory: string } | { readonly failed: string }

declare module 'vitest' {
  interface ProvidedContext {
    sharedCluster: SharedClusterAddress
  }
}

interface RunningCluster {
  readonly controlPlane: ControlPlane
  /** Started when the first test file asks for a node: most need none, and one that runs takes every pod. */
  node: Promise<LocalNode> | undefined
}

/** Called by vitest once per run; answers what to do at the end of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const secret = randomBytes(24).toString('base64url')
  let cluster: Promise<RunningCluster> | undefined
  const answer = async (connection: Socket, withNode: boolean): Promise<void> => {
    // Also when it failed: a start that took minutes to fail is not tried again for every test file.
    cluster ??= startCluster()
    const reply: SharedClusterReply = await cluster
      .then(async (running) => {
        const { controlPlane } = running
        if (withNode) running.node ??= startNode({ controlPlane, quick: true })
        await running.node
        return { directory: controlPlane.directory }
      })
      .catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }))
    connection.end(JSON.stringify(reply))
  }
  const server = createServer((connection) => {
    connection.setEncoding('utf8')
    // A worker may be ended while it waits.
    connection.on('error', () => connection.destroy())
    connection.on('data', (text: string) => {
      if (text === secret) void answer(connection, false)
      else if (text === withNodeSuffix(secret)) void answer(connection, true)
      else connection.destroy()
    })
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      if (typeof bound === 'object' && bound !== null) resolve(bound.port)
    })
  })
  project.provide('sharedCluster', { port, secret })
  return async () => {
    server.close()
    const running = await cluster?.catch(() => undefined)
    const node = await running?.node?.catch(() => undefined)
    await node?.stop()
    await running?.controlPlane.stop()
  }
}

/** What a worker says who wants the node too. */
export function withNodeSuffix(secret: string): string {
  return `${secret} node`
}

async function startCluster(): Promise<RunningCluster> {
  return { controlPlane: await startControlPlane({ audit: 'Request' }), node: undefined }
}
