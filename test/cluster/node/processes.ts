/** Starts the processes of containers, and sees to it that none of them stays behind. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listProcesses, processTree, processesUnder, signalProcess } from './process-table.ts'
import type { Account } from './account.ts'

/** A process to start. */
export interface ProcessRequest {
  readonly commandLine: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}

/** How a process ended: its code, or 128 plus the number of the signal. */
interface ProcessExit {
  readonly code: number
  readonly signal?: number
}

/** What a command that was run to its end has said. */
export interface CommandResult {
  readonly exitCode: number
  /** Standard output and error together, at most {@link outputLimit} bytes. */
  readonly output: string
  readonly timedOut: boolean
}

/** A process of a container that has been started. */
export interface RunningProcess {
  readonly pid: number
  readonly exited: Promise<ProcessExit>
}

/** The kubelet keeps this much of a probe's output. */
const outputLimit = 10 * 1024
const quitGraceMs = 2000

/** The executable does not exist or may not be executed: the runtime's `StartError`. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** All processes of one node. */
export class Processes {
  readonly #account: Account
  readonly #watchdog: ChildProcess
  readonly #directory: string
  /** Main processes of containers, with the directories they work in. */
  readonly #running = new Map<number, readonly string[]>()

  /** `removeDirectory`: when the node dies without warning, its directory goes, too. */
  constructor(account: Account, directory: string, removeDirectory: boolean) {
    this.#account = account
    this.#directory = directory
    this.#watchdog = spawn(
      process.execPath,
      [join(import.meta.dirname, 'watchdog.ts'), directory, ...(removeDirectory ? ['remove'] : [])],
      { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' },
    )
    // The pipe breaks when the watchdog has gone before us; nothing is lost by then.
    this.#watchdog.stdin?.on('error', () => undefined)
    this.#watchdog.unref()
  }

  /**
   * Starts the main process of a container in a session of its own, output to the open file `log`.
   *
   * `directories` are those whose processes die with it. Throws {@link StartError} when it cannot be started.
   */
  async start(request: ProcessRequest, log: number, directories: readonly string[]): Promise<RunningProcess> {
    const child = this.#spawn(request, log)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error) => reject(new StartError(startErrorMessage(request, error), { cause: error })))
    })
    const { pid } = child
    if (pid === undefined) throw new StartError(`${request.commandLine[0] ?? ''} has no process id`)
    this.#running.set(pid, directories)
    this.#watchdog.stdin?.write(`+${pid}\n`)
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (code, signal) => resolve(exitOf(code, signal)))
    }).then(async (exit) => {
      await this.#sweep(pid, directories)
      this.#running.delete(pid)
      this.#watchdog.stdin?.write(`-${pid}\n`)
      return exit
    })
    return { pid, exited }
  }

  /** Runs a command beside a container's main process, as `exec` does; kills it after `timeoutMs`. */
  async run(request: ProcessRequest, timeoutMs: number): Promise<CommandResult> {
    const child = this.#spawn(request, 'pipe')
    const chunks: Buffer[] = []
    let size = 0
    const collect = (chunk: Buffer): void => {
      if (size < outputLimit) chunks.push(chunk)
      size += chunk.length
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      if (child.pid !== undefined) signalProcess(-child.pid, 'SIGKILL')
    }, timeoutMs)
    const { promise, resolve } = Promise.withResolvers<ProcessExit>()
    // `exit`, not `close`: somebody in the background may hold the pipes open.
    child.once('exit', (code, signal) => setImmediate(() => resolve(exitOf(code, signal))))
    child.once('error', (error) => {
      chunks.push(Buffer.from(startErrorMessage(request, error)))
      resolve({ code: 126 })
    })
    const { code } = await promise
    clearTimeout(timer)
    child.stdout?.destroy()
    child.stderr?.destroy()
    return { exitCode: code, output: Buffer.concat(chunks).subarray(0, outputLimit).toString('utf8'), timedOut }
  }

  /** Kills a container's main process and everything that descends from it. */
  async kill(pid: number): Promise<void> {
    const tree = processTree(await listProcesses(), [pid])
    for (const each of tree) signalProcess(each, 'SIGKILL')
  }

  /** Ends a container's main process at once but lets PostgreSQL remove its shared memory: SIGQUIT, then SIGKILL. */
  async quit({ pid, exited }: RunningProcess): Promise<void> {
    signalProcess(-pid, 'SIGQUIT')
    const isOver = await Promise.race([exited.then(() => true), sleep(quitGraceMs, false, { ref: false })])
    if (!isOver) await this.kill(pid)
    await exited
  }

  /** Ends everything at once: SIGQUIT, by which PostgreSQL removes its shared memory, then SIGKILL. */
  async stop(): Promise<void> {
    const doomed = processTree(await listProcesses(), this.#running.keys())
    for (const pid of this.#running.keys()) signalProcess(-pid, 'SIGQUIT')
    for (let waitedMs = 0; waitedMs < quitGraceMs && this.#running.size > 0; waitedMs += 20) await sleep(20)
    const late = processesUnder(await listProcesses(), [this.#directory])
    const alive = new Set((await listProcesses()).map(({ pid }) => pid))
    for (const pid of new Set([...doomed, ...late])) if (alive.has(pid)) signalProcess(pid, 'SIGKILL')
    while (this.#running.size > 0) await sleep(20)
    this.#watchdog.stdin?.end()
  }

  /** In a real container nobody outlives the main process; here whoever tries is ended. */
  async #sweep(pid: number, directories: readonly string[]): Promise<void> {
    signalProcess(-pid, 'SIGKILL')
    for (let attempt = 0; attempt < 20; attempt++) {
      const processes = await listProcesses()
      const others = processTree(
        processes,
        [...this.#running.keys()].filter((other) => other !== pid),
      )
      const left = [...processesUnder(processes, directories)].filter((each) => !others.has(each))
      if (left.length === 0) return
      for (const each of left) signalProcess(each, 'SIGKILL')
      await sleep(10)
    }
  }

  #spawn({ commandLine, directory, environment }: ProcessRequest, output: number | 'pipe'): ChildProcess {
    const [file = '', ...args] = commandLine
    const { uid, gid } = this.#account
    return spawn(file, args, {
      cwd: directory,
      env: environment,
      detached: true,
      stdio: ['ignore', output, output],
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    })
  }
}

const exitOf = (code: number | null, signal: NodeJS.Signals | null): ProcessExit => {
  if (signal === null) return { code: code ?? 0 }
  const number = constants.signals[signal]
  return { code: 128 + number, signal: number }
}

const startErrorMessage = ({ commandLine }: ProcessRequest, error: NodeJS.ErrnoException): string => {
  const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message
  return (
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: ' +
    `runc create failed: unable to start container process: exec: ${JSON.stringify(commandLine[0] ?? '')}: ${why}`
  )
}
