/** Ports of this machine for the pods' servers: containers share the host's network here. */
import { createServer } from 'node:net'

const bind = async (port: number): Promise<number | undefined> => {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => resolve(true))
  if (!(await promise)) return undefined
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' ? address?.port : undefined
}

const taken = new Set<number>()

/** A port for one pod, kept for its lifetime. */
export class PodPort {
  #port: number | undefined

  /** The pod's port; a new one when it has none yet or `isInUse` shows that somebody else took the old one. */
  async ensure(): Promise<number> {
    if (this.#port !== undefined && (await bind(this.#port)) !== undefined) return this.#port
    for (;;) {
      const port = await bind(0)
      // Two pods that start together must not be given the same port: neither is listening yet.
      if (port === undefined || taken.has(port)) continue
      this.release()
      taken.add(port)
      this.#port = port
      return port
    }
  }

  /** The port given last, when there is one. */
  get current(): number | undefined {
    return this.#port
  }

  /** Gives the port back. */
  release(): void {
    if (this.#port !== undefined) taken.delete(this.#port)
    this.#port = undefined
  }
}
