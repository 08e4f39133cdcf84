import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { BOOTSTRAP_SCRIPT } from '../../src/postgres/bootstrap.ts'
import { CLONE_SCRIPT } from '../../src/postgres/clone.ts'
import { STANDBYS_FILE } from '../../src/postgres/replication.ts'
import { scramVerifier } from '../../src/postgres/scram.ts'
import { START_SCRIPT } from '../../src/postgres/start.ts'
import { pgHbaConf, postgresqlConf } from '../../src/postgres/configuration.ts'
import { verifyLogin } from '../../src/postgres/verification.ts'
import type { LoginVerification } from '../../src/postgres/verification.ts'
import { programDirectory } from './installation.ts'
import { giveAway, startUnprivileged } from './unprivileged.ts'
import type { Outcome, Running } from './unprivileged.ts'

/** What stands in the Secret; a file of that name for each, none where it is `undefined`. */
export interface Credentials {
  readonly username?: string | Uint8Array | undefined
  readonly database?: string | Uint8Array | undefined
  readonly password?: string | Uint8Array | undefined
}

export const CREDENTIALS = { username: 'admin', database: 'mydb', password: 'correct-horse-battery' } as const

const SERVER_START_MS = 30_000

/**
 * The directories that a pod would mount, and its two containers as processes. Everything is stopped and removed when
 * it is disposed of.
 */
export class PodDirectory {
  readonly root: string
  readonly major: PostgresMajor
  /** Variables that a test adds or changes. */
  readonly environment: Record<string, string> = {}
  /** Directories that come before PostgreSQL's own in `PATH`. */
  readonly path: string[] = []
  readonly #programs: string
  readonly #running: Running[] = []

  constructor(root: string, major: PostgresMajor, programs: string) {
    this.root = root
    this.major = major
    this.#programs = programs
  }

  get mount(): string {
    return join(this.root, 'mount')
  }

  get dataDirectory(): string {
    return join(this.mount, this.major, 'docker')
  }

  get terminationLog(): string {
    return join(this.root, 'run', 'termination-log')
  }

  /** Runs the init container to its end. */
  async bootstrap(shell: readonly string[] = ['sh']): Promise<Outcome> {
    return this.startBootstrap(shell).finished
  }

  /** Starts the init container. */
  startBootstrap(shell: readonly string[] = ['sh']): Running {
    return this.#start([...shell, join(this.root, 'configuration', 'bootstrap.sh')], {})
  }

  /** Runs the init container of a standby to its end. */
  async clone(): Promise<Outcome> {
    return this.startClone().finished
  }

  /** Starts the init container of a standby. */
  startClone(): Running {
    return this.#start(['sh', join(this.root, 'configuration', 'clone.sh')], {})
  }

  /** Makes the two containers those of a standby of the server on that port. */
  follow(primaryPort: number, name = 'test-db-standby-1'): void {
    Object.assign(this.environment, {
      PGPRIMARYHOST: '127.0.0.1',
      PGPRIMARYPORT: String(primaryPort),
      PGSTANDBY: name,
    })
  }

  /** Puts password and verifier of the standbys' role where the Secret would be mounted. */
  async writeReplicationPassword(password: string): Promise<void> {
    const directory = join(this.root, 'replication')
    await mkdir(directory, { recursive: true })
    await giveAway(directory, 0o750)
    for (const [name, text] of Object.entries({ password, verifier: scramVerifier(password, randomBytes(16)) })) {
      await writeFile(join(directory, name), text)
      await giveAway(join(directory, name), 0o440)
    }
  }

  /** Runs statements as the superuser, without a server. The data directory must be there. */
  async alter(...statements: readonly string[]): Promise<void> {
    await this.ask('mydb', ...statements)
  }

  /** As `alter`, in another database; what the server prints about the results. */
  async ask(database: string, ...statements: readonly string[]): Promise<string> {
    const file = join(this.root, 'run', 'statements.sql')
    await writeFile(file, statements.map((statement) => `${statement}\n`).join(''))
    await giveAway(file, 0o600)
    const command = `postgres --single -D "$PGDATA" ${database} <'${file}'`
    const { output } = await this.#start(['sh', '-c', command], {}).finished
    if (/ERROR|FATAL|PANIC/.test(output)) throw new Error(output)
    return output
  }

  /** Replaces a file of the ConfigMap. */
  async configure(name: 'pg_hba.conf' | 'postgresql.conf' | typeof STANDBYS_FILE, text: string): Promise<void> {
    await writeFile(join(this.root, 'configuration', name), text, { mode: 0o644 })
  }

  /** Runs the main container to its end: for starts that are refused. */
  async startRefused(): Promise<Outcome> {
    return this.#startServer(1).finished
  }

  /** Starts the server, waits until it takes logins, and stops it after `use`; with `SIGQUIT` without tidying up. */
  async serve<T>(use: (port: number, server: Running) => Promise<T>, stop: NodeJS.Signals = 'SIGINT'): Promise<T> {
    const port = await freePort()
    const server = this.#startServer(port)
    try {
      await waitForServer(server, port)
      return await use(port, server)
    } finally {
      server.process.kill(stop)
      await server.finished
    }
  }

  /** The login that a client would make. */
  async login(
    port: number,
    credentials: Partial<Record<'username' | 'database' | 'password', string>> = {},
    configuration?: string,
  ): Promise<LoginVerification> {
    return verifyLogin({
      connect: () => ({ host: '127.0.0.1', port }),
      ...CREDENTIALS,
      ...credentials,
      timeoutMs: 15_000,
      expectedMajor: this.major,
      configuration,
    })
  }

  /** Starts another script of the ConfigMap, in a container of its own. @param environment beside that of the others */
  startScript(name: string, environment: Record<string, string>, shell: readonly string[] = ['sh']): Running {
    return this.#start([...shell, join(this.root, 'configuration', name)], environment)
  }

  /** What `psql` as the superuser over the socket says to a query, with the operating system's user as the proof. */
  async askAsSuperuser(port: number, sql: string): Promise<Outcome> {
    const options = ['-h', join(this.root, 'run'), '-p', String(port), '-U', 'postgres', '-d', 'postgres']
    return this.#start(['psql', '-X', '-q', '-A', '-t', '-w', ...options, '-c', sql], {}).finished
  }

  async writeCredentials(credentials: Credentials): Promise<void> {
    const directory = join(this.root, 'secret')
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory)
    for (const name of ['username', 'database', 'password'] as const) {
      const value = credentials[name]
      if (value === undefined) continue
      await writeFile(join(directory, name), value)
      await giveAway(join(directory, name), 0o440)
    }
    await giveAway(directory, 0o750)
  }

  /** Makes a directory below the mount with those files, as another program might have left it. */
  async placeOnVolume(directory: string, files: Record<string, string>, mode = 0o700): Promise<void> {
    const segments = directory.split('/').filter((segment) => segment !== '')
    for (let depth = 0; depth <= segments.length; depth += 1) {
      const path = join(this.mount, ...segments.slice(0, depth))
      if (existsSync(path)) continue
      await mkdir(path)
      await giveAway(path, 0o700)
    }
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(this.mount, directory, name), text)
      await giveAway(join(this.mount, directory, name), 0o600)
    }
    if (directory !== '') await giveAway(join(this.mount, directory), mode)
  }

  async dispose(): Promise<void> {
    for (const { process: child, finished } of this.#running) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await Promise.allSettled([finished])
      endGroup(child.pid)
    }
    // A test may have made directories that not even their owner can look into.
    execFileSync('chmod', ['-R', 'u+rwX', this.root])
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 })
  }

  #startServer(port: number): Running {
    return this.#start(['sh', join(this.root, 'configuration', 'start.sh')], {
      PGPORT: String(port),
      PGLISTEN: '127.0.0.1',
    })
  }

  #start(command: readonly string[], more: Record<string, string>): Running {
    const environment = {
      // The start script looks at its files every few seconds; a fifth of that is enough to wait for.
      PATH: [...this.path, join(this.root, 'quick'), this.#programs, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      PGMOUNT: this.mount,
      PGDATA: this.dataDirectory,
      PGMAJOR: this.major,
      PGCONF: join(this.root, 'configuration'),
      PGRUN: join(this.root, 'run'),
      PGSECRET: join(this.root, 'secret'),
      PGREPLICATION: join(this.root, 'replication'),
      TERMINATION_LOG: this.terminationLog,
      ...more,
      ...this.environment,
    }
    const running = startUnprivileged(command, environment, this.root)
    this.#running.push(running)
    return running
  }
}

/** With the first process of a container all others end. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // Nobody is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The directories of a pod with an empty volume, for one test: disposed of when that ends. */
export async function createPodDirectory(
  major: PostgresMajor,
  credentials: Credentials = CREDENTIALS,
): Promise<PodDirectory> {
  const pod = await makePodDirectory(major, credentials)
  onTestFinished(async () => pod.dispose())
  return pod
}

/** The same for several tests: the caller disposes of it. */
export async function makePodDirectory(
  major: PostgresMajor,
  credentials: Credentials = CREDENTIALS,
): Promise<PodDirectory> {
  const programs = programDirectory(major)
  if (programs === undefined) throw new Error(`no programs of PostgreSQL ${major} on this machine`)
  const root = await mkdtemp(join(await fastDirectory(), 'cdk8s-database-pod-'))
  const pod = new PodDirectory(root, major, programs)
  await giveAway(root, 0o755)
  for (const name of ['mount', 'run', 'configuration', 'quick']) {
    await mkdir(join(root, name))
    await giveAway(join(root, name), 0o755)
  }
  await copyFile(join(import.meta.dirname, '..', 'cluster', 'node', 'quick-sleep'), join(root, 'quick', 'sleep'))
  const storageBytes = 2 ** 28
  const files = {
    'bootstrap.sh': BOOTSTRAP_SCRIPT,
    'clone.sh': CLONE_SCRIPT,
    'start.sh': START_SCRIPT,
    [STANDBYS_FILE]: '0',
    'postgresql.conf': postgresqlConf({ major, memoryLimitBytes: 2 ** 27, storageBytes, parameters: {} }),
    'pg_hba.conf': pgHbaConf(),
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(root, 'configuration', name), text, { mode: 0o644 })
  }
  await pod.writeCredentials(credentials)
  return pod
}

/** Memory where the machine has some to spare: PostgreSQL syncs every file, and what is under test is not the disk. */
async function fastDirectory(): Promise<string> {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = await statfs(memory)
  return bavail * bsize > 2 ** 31 ? memory : tmpdir()
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function waitForServer(server: Running, port: number): Promise<void> {
  const deadline = Date.now() + SERVER_START_MS
  while (!/database system is ready to accept (read-only )?connections/.test(server.output())) {
    if (server.process.exitCode !== null || Date.now() > deadline) {
      throw new Error(`the server did not start on port ${port}:\n${server.output()}`)
    }
    await delay(20)
  }
}
