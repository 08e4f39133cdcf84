/** The command line as a user runs it: a process of its own, judged by what it prints and how it ends. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'

export const PROJECT: string = join(import.meta.dirname, '..', '..')

/** How to run a command. */
export interface CommandOptions {
  readonly kubeconfig?: string
  readonly stdin?: string
  /** @default the project */
  readonly directory?: string
  /** Beside PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>
  /** Gets the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

/** What a command said and how it ended. */
export interface CommandResult {
  /** Exit code, or 128 and the signal's number. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `cdk8s-database` to its end. */
export function cli(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { kubeconfig, stdin = '', directory = PROJECT, environment = {}, onStart } = options
  const child = spawn(process.execPath, [join(PROJECT, 'src', 'cli.ts'), ...args], {
    cwd: directory,
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
      ...environment,
    },
  })
  onStart?.(child)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  child.stdin.on('error', () => undefined) // A command that reads no input may end first.
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), stdout, stderr }))
  })
}
