import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { attachControlPlane, startControlPlane } from './control-plane.ts'
import type { ProcessIds } from './control-plane.ts'

const module = join(import.meta.dirname, 'control-plane.ts')
const print = `console.log(JSON.stringify({ directory: cluster.directory, processes: await cluster.processes() }))`

interface Runner {
  readonly child: ChildProcess
  /** Resolves with the first line, rejects when the runner ends without one. */
  readonly firstLine: Promise<{ readonly directory: string; readonly processes: ProcessIds }>
}

/** Another process that starts a control plane, with a temporary directory of its own to look for remains in. */
function startRunner(temporary: string, code: string): Runner {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `const { startControlPlane } = await import(${JSON.stringify(module)})\n${code}`],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } },
  )
  const firstLine = new Promise<{ directory: string; processes: ProcessIds }>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(JSON.parse(text)))
    child.once('exit', (status, signal) => reject(new Error(`the runner ended: ${status ?? signal}`)))
  })
  // Looked at only by tests that expect a line.
  firstLine.catch(() => undefined)
  return { child, firstLine }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lifetime-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const alive = (processes: ProcessIds): readonly string[] =>
  Object.entries(processes)
    .filter(([, pid]) => isAlive(pid))
    .map(([name]) => name)

/** What is still there of a cluster that should be gone. */
const remains = (temporary: string, processes: ProcessIds = {}): object => ({
  processes: alive(processes),
  files: readdirSync(temporary),
})
const nothing = { processes: [], files: [] }
const patience = { timeout: 45_000, interval: 50 }

const four = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'supervisor']

test('a runner that is killed leaves neither processes nor files', async () => {
  const temporary = temporaryDirectory()
  const runner = startRunner(
    temporary,
    `const cluster = await startControlPlane(); ${print}; setInterval(() => {}, 1e6)`,
  )
  const { directory, processes } = await runner.firstLine
  expect(alive(processes).toSorted()).toEqual(four)
  expect(directory.startsWith(temporary)).toBe(true)
  runner.child.kill('SIGKILL')
  await expect.poll(() => remains(temporary, processes), patience).toEqual(nothing)
})

test.each([50, 200, 500, 1000, 2000])('a runner killed %i ms into the start leaves nothing either', async (afterMs) => {
  const temporary = temporaryDirectory()
  // Named, so that the supervisor is known by its arguments from its first moment on: it may be far from having a file.
  const options = JSON.stringify({ directory: join(temporary, 'named') })
  const runner = startRunner(temporary, `await startControlPlane(${options})`)
  await sleep(afterMs)
  runner.child.kill('SIGKILL')
  await expect
    .poll(async () => ({ processes: await processesThatMention(temporary), files: readdirSync(temporary) }), patience)
    .toEqual(nothing)
})

test('a runner that just ends, without stopping its cluster, leaves nothing', async () => {
  const temporary = temporaryDirectory()
  const runner = startRunner(temporary, `const cluster = await startControlPlane(); ${print}`)
  const { processes } = await runner.firstLine
  await expect.poll(() => remains(temporary, processes), patience).toEqual(nothing)
})

test('when the supervisor itself is killed, whoever started it cleans up', async () => {
  const controlPlane = await startControlPlane()
  const processes = await controlPlane.processes()
  process.kill(processes['supervisor'] ?? 0, 'SIGKILL')
  await expect.poll(() => alive(processes), patience).toEqual([])
  await expect.poll(() => existsSync(controlPlane.directory), patience).toBe(false)
  await controlPlane.stop()
})

test('a directory that is too long for a socket is refused in so many words', async () => {
  const directory = join(temporaryDirectory(), 'x'.repeat(100))
  await expect(startControlPlane({ directory })).rejects.toThrow('too long a path for a Unix socket')
  expect(existsSync(directory)).toBe(false)
})

test('a persistent cluster outlives its runner until somebody stops it', async () => {
  const temporary = temporaryDirectory()
  const directory = join(temporary, 'demo')
  const options = JSON.stringify({ persistent: true, directory })
  const runner = startRunner(temporary, `const cluster = await startControlPlane(${options}); ${print}`)
  const { processes } = await runner.firstLine
  await new Promise((resolve) => {
    runner.child.once('exit', resolve)
  })
  await sleep(500)
  const controlPlane = await attachControlPlane(directory)
  try {
    expect(alive(processes).toSorted()).toEqual(four)
    await expect(startControlPlane({ directory })).rejects.toThrow('is not empty')
    const { stdout } = await controlPlane.kubectl(['get', 'namespace', 'default', '--output=name'])
    expect(stdout).toBe('namespace/default\n')
  } finally {
    await controlPlane.stop()
  }
  await expect.poll(() => remains(temporary, processes), patience).toEqual(nothing)
  await expect(attachControlPlane(directory)).rejects.toThrow('ENOENT')
})

async function processesThatMention(text: string): Promise<readonly string[]> {
  const child = spawn('ps', ['-A', '-o', 'args='], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = await child.stdout.setEncoding('utf8').toArray()
  return output
    .join('')
    .split('\n')
    .filter((line) => line.includes(text))
}
