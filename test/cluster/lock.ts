/** A lock between processes of one machine, for work that is only wasteful, not wrong, when it happens twice. */
import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 250

/**
 * Runs `work` while no other process runs work under the same `file`.
 *
 * The file holds the owner's process id. A lock whose owner is gone is taken over. Two processes that take over the
 * same dead lock in the same instant may both run; callers rename their results into place, so that costs time only.
 */
export async function withLock<Result>(
  file: string,
  log: (line: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  let told = false
  while (!(await claim(file))) {
    const owner = Number(await readFile(file, 'utf8').catch(() => ''))
    if (owner > 0 && !isAlive(owner)) {
      await rm(file, { force: true })
      continue
    }
    if (!told) log(`waiting for process ${owner} to provide the control plane`)
    told = true
    await sleep(lookEveryMs)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** Linked into place, so that a lock never exists without its owner in it. */
async function claim(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`
  await writeFile(own, String(process.pid))
  try {
    await link(own, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(own)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
