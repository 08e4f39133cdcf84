/** What a demo prints between the output of the commands that it runs. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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
  running.add(child)
  const [code] = (await once(child, 'exit')) as [number | null]
  running.delete(child)
  return code ?? 1
}

/**
 * Starts a command of this project that goes on beside the demo; the demo shows what it wants of its lines.
 * @returns what tells it to end, with its exit code
 */
export function startCommand(
  args: readonly string[],
  kubeconfig: string,
  onLine: (line: string) => void,
): () => Promise<number> {
  showCommand(`npm run ${args[0]} -- ${args.slice(1).join(' ')} &`)
  const child = spawn(process.execPath, [join(root, 'src', 'cli.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KUBECONFIG: kubeconfig },
  })
  running.add(child)
  const ended = once(child, 'exit') as Promise<[number | null]>
  createInterface({ input: child.stdout }).on('line', onLine)
  return async () => {
    await endChild(child)
    const [code] = await ended
    running.delete(child)
    return code ?? 1
  }
}

/** The commands that run now. */
const running = new Set<ChildProcess>()

/** Ends the commands that run now: a signal to the demo alone does not reach them. */
export async function endCommands(): Promise<void> {
  await Promise.all([...running].map(endChild))
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), COMMAND_END_MS)
  await ended
  clearTimeout(kill)
}

/** Time that a command gets to end in order, in milliseconds. */
const COMMAND_END_MS = 5000
