/** What a demo prints between the output of the commands that it runs. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { styleText } from 'node:util'

const root = join(import.meta.dirname, '..', '..')

/** A heading with a number. */
export function heading(number: number, text: string): void {
  process.stdout.write(`\n${styleText(['bold', 'cyan'], `── ${number}. ${text} `.padEnd(96, '─'))}\n`)
}

/** A sentence. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Shows a command line as the user would type it. */
export function showCommand(text: string): void {
  process.stdout.write(`${styleText('dim', '$')} ${styleText('bold', text)}\n`)
}

/**
 * Runs a command of this project with its output on this terminal.
 * @returns its exit code
 */
export async function runCommand(args: readonly string[], kubeconfig: string): Promise<number> {
  showCommand(`npm run ${args[0]}${args.length > 1 ? ` -- ${args.slice(1).join(' ')}` : ''}`)
  const child = spawn(process.execPath, [join(root, 'src', 'cli.ts'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: kubeconfig },
  })
  running = child
  const [code] = (await once(child, 'exit')) as [number | null]
  running = undefined
  return code ?? 1
}

/** The command that runs now. */
let running: ChildProcess | undefined

/** Ends the command that runs now: a signal to the demo alone does not reach it. */
export async function endCommand(): Promise<void> {
  const child = running
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), COMMAND_END_MS)
  await ended
  clearTimeout(kill)
}

/** Time that a command gets to end in order, in milliseconds. */
const COMMAND_END_MS = 5000
