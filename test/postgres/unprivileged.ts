import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chown, chmod } from 'node:fs/promises'

/** The user that PostgreSQL runs as: it refuses to be root. `undefined` where this process is nobody special anyway. */
const user: { readonly uid: number; readonly gid: number } | undefined =
  process.getuid?.() === 0 ? findUser() : undefined

function findUser(): { uid: number; gid: number } {
  const id = (flag: string, name: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') }
  } catch {
    // No such user: nobody will do.
    return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') }
  }
}

/** Whether programs are run as a user called `postgres`, whom peer authentication lets in as the superuser. */
export const isPostgresUser: boolean =
  (user?.uid ?? process.getuid?.()) ===
  Number(spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).stdout || Number.NaN)

/** Gives a file or directory to the user that PostgreSQL runs as. */
export async function giveAway(path: string, mode: number): Promise<void> {
  await chmod(path, mode)
  if (user !== undefined) await chown(path, user.uid, user.gid)
}

/** What a program did. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Both streams, in the order in which they came. */
  readonly output: string
}

/** A program in a process group of its own. */
export interface Running {
  readonly process: ChildProcess
  readonly finished: Promise<Outcome>
  /** What it has said so far. */
  output(): string
}

/** Starts a program as that user, with that environment and nothing else, in a process group of its own. */
export function startUnprivileged(
  command: readonly string[],
  environment: Record<string, string>,
  directory: string,
): Running {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output += text
    })
  }
  const finished = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, output }))
  })
  return { process: child, finished, output: () => output }
}
