/** Which processes run on this machine, as far as a node needs to know to leave none of its own behind. */
import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { sep } from 'node:path'
import { promisify } from 'node:util'

/** One running process. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  /** Its current directory, where the system tells (Linux, own processes). */
  readonly directory: string | undefined
}

const readEntry = async (pid: number): Promise<ProcessEntry | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain anything; the state and the parent follow its last parenthesis.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return undefined
    return { pid, parent: Number(parent), directory: await readlink(`/proc/${pid}/cwd`).catch(() => undefined) }
  } catch {
    // The process ended while it was looked at.
    return undefined
  }
}

/** All processes. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
    return (await Promise.all(pids.map(readEntry))).filter((entry) => entry !== undefined)
  }
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid='])
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent, directory: undefined }))
}

/** `roots` and everything that descends from them. */
export function processTree(processes: readonly ProcessEntry[], roots: Iterable<number>): Set<number> {
  const tree = new Set(roots)
  for (let before = -1; before !== tree.size;) {
    before = tree.size
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid)
  }
  return tree
}

/**
 * Processes whose current directory lies under one of `directories`.
 *
 * PostgreSQL's server processes make sessions of their own and outlive a killed postmaster for a moment, but they all
 * stay in the data directory: that is how they are found.
 */
export function processesUnder(processes: readonly ProcessEntry[], directories: readonly string[]): Set<number> {
  const isUnder = (directory: string): boolean =>
    directories.some((root) => directory === root || directory.startsWith(root + sep))
  return new Set(
    processes.filter(({ directory }) => directory !== undefined && isUnder(directory)).map(({ pid }) => pid),
  )
}

/** Sends a signal to a process, or with a negative number to its group; says whether there was anybody to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
