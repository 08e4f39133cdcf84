/** One program of the control plane, as a child process whose output goes to a file. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Go's garbage collector, which by default runs whenever the heap has doubled, takes a quarter of the processor time of
 * a control plane's start. Memory is what a throwaway cluster has to spare, within this limit.
 */
const COLLECT_SELDOM = { GOGC: '400', GOMEMLIMIT: '2GiB' }

/** How to start a program. */
export interface ProcessSpec {
  readonly command: readonly [string, ...string[]]
  readonly args: readonly string[]
  readonly directory: string
  /** Appended to, so that a restart keeps what was said before. */
  readonly logFile: string
}

/** A started program. */
export interface SupervisedProcess {
  readonly pid: number
  /** Resolves when the process is gone, with its exit code or the signal that ended it. Never rejects. */
  readonly exited: Promise<number | string>
  hasExited(): boolean
  /** SIGTERM, and SIGKILL when that did not help within `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts a program in a session of its own: a terminal's Ctrl-C must reach the supervisor only, which knows the order.
 *
 * @throws Error when the executable cannot be started.
 */
export async function startProcess(spec: ProcessSpec): Promise<SupervisedProcess> {
  const [file, ...first] = spec.command
  const log = openSync(spec.logFile, 'a', 0o600)
  const child = spawn(file, [...first, ...spec.args], {
    cwd: spec.directory,
    detached: true,
    stdio: ['ignore', log, log],
    // Nothing of the user's environment (proxies, kubeconfigs) reaches the programs.
    env: { PATH: process.env['PATH'] ?? '', HOME: spec.directory, TMPDIR: spec.directory, ...COLLECT_SELDOM },
  })
  closeSync(log)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} has no process id`)
  let gone = false
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true
      resolve(code ?? signal ?? 'unknown')
    })
  })
  return {
    pid,
    exited,
    hasExited: () => gone,
    async stop(graceMs) {
      if (gone) return
      child.kill('SIGTERM')
      const patience = new AbortController()
      await Promise.race([exited, sleep(graceMs, undefined, { signal: patience.signal }).catch(() => undefined)])
      patience.abort()
      if (!gone) child.kill('SIGKILL')
      await exited
    },
  }
}

/** The last lines of a program's log, for an error message. */
export function logTail(logFile: string, lines = 15): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
