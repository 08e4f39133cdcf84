/** The cluster of a demo: a control plane and a local node, in a directory of their own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { attachControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'

/** A running demo cluster. */
export interface Throwaway {
  readonly controlPlane: ControlPlane
  stop(): Promise<void>
}

const NODE_READY_MS = 60_000

/**
 * Brings a cluster up.
 * @param keep it outlives this process; end it with `stopKept(directory)`
 */
export async function startThrowaway(keep: boolean, log: (line: string) => void): Promise<Throwaway> {
  const parent = keep ? await mkdtemp(join(tmpdir(), 'cdk8s-demo-')) : undefined
  const controlPlane = await startControlPlane({
    audit: 'Metadata',
    log,
    persistent: keep,
    ...(parent === undefined ? {} : { directory: join(parent, 'cp') }),
  })
  try {
    const node = await startNodeProcess(controlPlane, parent)
    return {
      controlPlane,
      stop: async () => {
        await endProcess(node)
        await controlPlane.stop()
        if (parent !== undefined) rmSync(parent, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await controlPlane.stop()
    throw error
  }
}

/** Ends a cluster that was kept. Does nothing where there is none. */
export async function stopKept(parent: string): Promise<boolean> {
  const pidFile = join(parent, 'node.pid')
  if (!existsSync(pidFile)) return false
  endByPid(Number(readFileSync(pidFile, 'utf8')))
  await delay(500)
  await (await attachControlPlane(join(parent, 'cp'))).stop()
  rmSync(parent, { recursive: true, force: true })
  return true
}

async function startNodeProcess(controlPlane: ControlPlane, parent: string | undefined): Promise<ChildProcess> {
  const log = parent === undefined ? undefined : openSync(join(parent, 'node.log'), 'a')
  const main = join(import.meta.dirname, '..', 'cluster', 'node', 'main.ts')
  const flags = parent === undefined ? ['--until-stdin-ends'] : []
  const child = spawn(process.execPath, [main, '--kubeconfig', controlPlane.kubeconfig, ...flags], {
    detached: parent !== undefined,
    stdio: [parent === undefined ? 'pipe' : 'ignore', 'pipe', log ?? 'ignore'],
  })
  if (log !== undefined) closeSync(log)
  const ready = once(child.stdout as NodeJS.ReadableStream, 'data', { signal: AbortSignal.timeout(NODE_READY_MS) })
  const gone = once(child, 'exit').then(() => {
    throw new Error('the local node ended before it was ready')
  })
  await Promise.race([ready, gone])
  gone.catch(() => undefined)
  if (parent !== undefined && child.pid !== undefined) {
    writeFileSync(join(parent, 'node.pid'), String(child.pid))
    child.stdout?.destroy()
    child.unref()
  }
  return child
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Ends the node of that process id, after making sure that the id is still the node's. */
function endByPid(pid: number): void {
  const commandLine = `/proc/${pid}/cmdline`
  if (existsSync(commandLine) && !readFileSync(commandLine, 'utf8').includes('main.ts')) return
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
