/** One measured process: how long it took, how much memory it had, how it ended. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { processFigures } from './process-figures.ts'
import type { ProcessFigures } from './process-figures.ts'

/** What to run. */
export interface ChildSpec {
  readonly command: readonly [string, ...string[]]
  readonly environment: Readonly<Record<string, string>>
  /** After that many milliseconds the process is ended and counts as failed. */
  readonly deadlineMs: number
  /** Ends the process. */
  readonly signal: AbortSignal
  /** Exit codes of a success. @default [0] */
  readonly expectedCodes?: readonly number[]
}

/** A process that did what it should. */
export interface ChildRun {
  /** From before the start to after the end. */
  readonly seconds: number
  /** As they were last seen, or as the process itself reported at its end. */
  readonly figures: ProcessFigures
  /** Its last quarter of a million characters. */
  readonly stdout: string
}

/** What a process is made to say at its end: a short one ends between two looks at it. */
const REPORT_AT_EXIT = `
import { readFileSync, writeSync } from 'node:fs'
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  let kilobytes = 0
  try { kilobytes = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) } catch {}
  writeSync(3, JSON.stringify({ peakMemoryBytes: kilobytes * 1024, cpuSeconds: (user + system) / 1e6 }))
})`

/** Arguments of node with which a program reports its own figures. */
export const REPORT_FIGURES: readonly string[] = [`--import=data:text/javascript,${encodeURIComponent(REPORT_AT_EXIT)}`]

const LOOK_EVERY_MS = 25
const GRACE_MS = 10_000
const KEPT_CHARACTERS = 250_000

/**
 * Runs a process to its end.
 * @throws Error with the end of what it said, when it fails or does not end in time: a failure must not look fast
 */
export async function runChild(spec: ChildSpec): Promise<ChildRun> {
  const { command, environment, deadlineMs, signal, expectedCodes = [0] } = spec
  signal.throwIfAborted()
  const [file, ...args] = command
  const begin = performance.now()
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const [stdout, stderr, reported] = [1, 2, 3].map((descriptor) => tail(child.stdio[descriptor] as Readable))
  let seen: ProcessFigures = { peakMemoryBytes: 0, cpuSeconds: 0 }
  const looking = setInterval(() => {
    const now = processFigures(child.pid)
    if (now.peakMemoryBytes > 0) seen = now
  }, LOOK_EVERY_MS)
  const ending = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
  let forced: NodeJS.Timeout | undefined
  const end = (): void => {
    child.kill('SIGTERM')
    forced = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  }
  ending.addEventListener('abort', end, { once: true })
  let endedAt = begin
  child.once('exit', () => {
    endedAt = performance.now()
  })
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status, killedBy) => resolve(status ?? killedBy ?? 'unknown'))
    })
    signal.throwIfAborted()
    if (ending.aborted) throw new Error(`did not end within ${deadlineMs / 1000} s`)
    if (typeof code === 'string' || !expectedCodes.includes(code)) {
      throw new Error(`ended with ${code}: ${lastLines(stdout?.() ?? '', stderr?.() ?? '')}`)
    }
    const report = reported?.() ?? ''
    return {
      seconds: (endedAt - begin) / 1000,
      figures: report === '' ? seen : (JSON.parse(report) as ProcessFigures),
      stdout: stdout?.() ?? '',
    }
  } finally {
    clearInterval(looking)
    clearTimeout(forced)
    ending.removeEventListener('abort', end)
  }
}

/** Collects the end of a stream's text. */
function tail(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.length > 2 * KEPT_CHARACTERS) text = text.slice(-KEPT_CHARACTERS)
  })
  return () => text
}

function lastLines(stdout: string, stderr: string): string {
  return (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-6).join('\n').slice(-2000)
}
