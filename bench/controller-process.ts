/** The controller as a process, watched from outside. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { processFigures } from './process-figures.ts'
import type { ProcessFigures } from './process-figures.ts'

/** A controller that runs. */
export interface RunningController {
  /** So far. */
  figures(): ProcessFigures
  /** Warnings and errors that it logged, by their message; of a watch with its kind and the cause. */
  complaints(): Readonly<Record<string, number>>
  /** Ends it in good order. @throws Error where it does not end so */
  stop(): Promise<void>
}

/** How to start one. */
export interface ControllerSpec {
  /** `cli.js`. */
  readonly command: string
  readonly flags: readonly string[]
  readonly kubeconfig: string
  /** A home directory. */
  readonly work: string
  readonly profile: string | undefined
}

/** What is read of a line of its log. */
interface LogLine {
  readonly level: string
  readonly msg: string
  /** Of a watch. */
  readonly kind?: string
  readonly error?: string
}

/** Starts one, and waits until it knows everything that is there. */
export async function startController(spec: ControllerSpec): Promise<RunningController> {
  const { command, flags, kubeconfig, work, profile } = spec
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...profiling, command, 'controller', '--listen', '127.0.0.1:0', ...flags], {
    env: { PATH: process.env['PATH'], HOME: work, TMPDIR: work, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const complaints: Record<string, number> = {}
  const { promise: synced, resolve } = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { level, msg, kind, error }: LogLine = JSON.parse(line)
    if (msg === 'synced') resolve()
    if (level === 'warn' || level === 'error') {
      // Of a watch there are few causes, of a database as many as databases.
      const complaint = kind === undefined ? msg : `${msg}: ${kind}: ${error}`
      complaints[complaint] = (complaints[complaint] ?? 0) + 1
    }
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the controller ended with exit code ${String(code)}`)
  })
  await Promise.race([synced, ended])
  ended.catch(() => undefined)
  return { figures: () => processFigures(child.pid), complaints: () => complaints, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`the controller ended with exit code ${code}`)
}
