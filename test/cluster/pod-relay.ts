/** A way to a port of a pod that is not the product's own, so that what goes through it says nothing about that one. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { KubeConfig, PortForward } from '@kubernetes/client-node'

/** The port that PostgreSQL listens on in a pod. */
const POSTGRES = 5432

/** A pod of the cluster that a kubeconfig leads to. */
export interface RelayedPod {
  readonly kubeconfig: string
  readonly namespace: string
  readonly pod: string
}

/** Runs `use` with a local port that leads through the API server to the pod's PostgreSQL; it is closed afterwards. */
export async function withPodRelay<T>(to: RelayedPod, use: (port: number) => Promise<T>): Promise<T> {
  const config = new KubeConfig()
  config.loadFromFile(to.kubeconfig)
  const server = createServer((socket) => void relay(config, to, socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

async function relay(config: KubeConfig, { namespace, pod }: RelayedPod, socket: Socket): Promise<void> {
  /**
   * client-node writes what the server still says after the client has hung up, and nobody there listens for the error.
   * Whoever waits for an answer learns from the end of the connection that none comes.
   * @see https://github.com/kubernetes-client/javascript/issues/459
   */
  socket.on('error', () => undefined)
  const complaints = new PassThrough().resume()
  try {
    const tunnel = await new PortForward(config).portForward(namespace, pod, [POSTGRES], socket, complaints, socket)
    const close = (): void => (typeof tunnel === 'function' ? tunnel() : tunnel)?.close()
    // By itself it closes behind a client that says goodbye, and behind no other.
    if (socket.destroyed) close()
    else socket.once('close', close)
  } catch {
    socket.destroy()
  }
}
