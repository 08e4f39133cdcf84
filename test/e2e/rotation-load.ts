/** Clients of a database while its password changes: some that read the Secret and connect, all the time, and one that stays. */
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { vi } from 'vitest'

/** One time that a client read the Secret and connected with what it says. */
export interface Attempt {
  /** Number of the client. */
  readonly client: number
  /** When it began to read the Secret, by a clock that does not jump. */
  readonly begun: number
  readonly password: string
  /** Why it was not let in, or lost its connection; nothing where all went well. */
  readonly error?: string
}

/** How clients get to the server. */
export interface LoadOptions {
  readonly clients: number
  /** What the Secret says now. */
  readonly readPassword: () => Promise<string>
  readonly login: Pick<pg.ClientConfig, 'host' | 'port' | 'user' | 'database'>
}

/** Clients that run. */
export interface Load {
  /** Waits until each client has begun and ended so many attempts since then. */
  attempted(times: number, since?: number): Promise<void>
  /** Ends all of them. @throws Error where the session that stayed did not */
  stop(): Promise<readonly Attempt[]>
}

/** Starts them; each waits for nobody, and none retries. */
export async function startLoad({ clients, readPassword, login }: LoadOptions): Promise<Load> {
  const attempts: Attempt[] = []
  const ending = new AbortController()
  const attempt = async (client: number): Promise<Attempt> => {
    const begun = performance.now()
    const password = await readPassword()
    const session = new pg.Client({ ...login, password })
    session.on('error', () => undefined)
    try {
      await session.connect()
      await session.query('insert into load (client) values ($1)', [client])
      return { client, begun, password }
    } catch (error) {
      return { client, begun, password, error: error instanceof Error ? error.message : String(error) }
    } finally {
      await session.end().catch(() => undefined)
    }
  }
  const steady = new pg.Client({ ...login, password: await readPassword() })
  const broken: Error[] = []
  steady.on('error', (error) => broken.push(error))
  await steady.connect()
  await steady.query('create table if not exists load (client int, at timestamptz default now())')
  const running = Array.from({ length: clients }, async (_, client) => {
    while (!ending.signal.aborted) {
      attempts.push(await attempt(client))
      await pause(10)
    }
  })
  return {
    attempted: (times, since = 0) =>
      vi.waitFor(
        () => {
          for (let client = 0; client < clients; client += 1) {
            const made = attempts.filter((one) => one.client === client && one.begun >= since).length
            if (made < times) throw new Error(`client ${client} has made ${made} of ${times} attempts`)
          }
        },
        { timeout: 60_000, interval: 20 },
      ),
    async stop() {
      ending.abort()
      await Promise.all(running)
      const { rows } = await steady.query<{ count: number }>('select count(*)::int as count from load')
      await steady.end()
      const admitted = attempts.filter(({ error }) => error === undefined).length
      if (broken.length > 0 || rows[0]?.count !== admitted)
        throw new Error(`${admitted} clients wrote a row and there are ${rows[0]?.count}: ${broken.join()}`)
      return attempts
    },
  }
}
