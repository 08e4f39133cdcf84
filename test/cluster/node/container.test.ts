import { once } from 'node:events'
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { ContainerRunner } from './container.ts'
import type { Pod } from './objects.ts'
import type { NodeContext, PodContext } from './pod-context.ts'
import type { Processes, RunningProcess } from './processes.ts'

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-0', namespace: 'shop' },
  spec: { containers: [{ name: 'main', image: 'postgres:18', command: ['sleep', '600'] }] },
}

/** A container whose process is there when `let go`, and not before. */
function slowContainer(): {
  readonly container: ContainerRunner
  readonly starting: Promise<void>
  readonly letGo: () => void
} {
  const directory = mkdtempSync(join(tmpdir(), 'container-'))
  mkdirSync(join(directory, 'c', 'main'), { recursive: true })
  const starting = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const processes: Pick<Processes, 'start' | 'quit' | 'kill'> = {
    async start(): Promise<RunningProcess> {
      starting.resolve()
      await gate.promise
      const child = spawn('sleep', ['600'], { stdio: 'ignore' })
      onTestFinished(() => void child.kill('SIGKILL'))
      const exited = once(child, 'exit').then(([code]) => ({ code: Number(code ?? 130) }))
      await once(child, 'spawn')
      return { pid: child.pid ?? 0, exited }
    },
    async quit({ pid, exited }) {
      process.kill(pid, 'SIGQUIT')
      await exited
    },
    kill: async (pid) => void process.kill(pid, 'SIGKILL'),
  }
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const node = {
    account: {},
    backOffMs: 1000,
    events: { record: () => undefined },
    images: new Set(['postgres:18']),
    log: () => undefined,
    misbehaviourOf: () => ({}),
    pods: () => [],
    processes,
    programs: { find: async () => ({ directory: '/usr/bin', hasPgIsReady: true }) },
    quick: undefined,
    relays: { portOf: async () => undefined },
  } as unknown as NodeContext
  const context = {
    node,
    addresses: { podIP: '127.0.0.1', hostIP: '127.0.0.1' },
    directory,
    volumes: { directories: () => [], directoryOf: () => undefined },
    pod: () => POD,
    port: async () => 5432,
    changed: () => undefined,
  } as unknown as PodContext
  const container = new ContainerRunner(context, 'main', 'regular', 'ContainerCreating')
  return { container, starting: starting.promise, letGo: gate.resolve }
}

test.each([
  ['stopped', (container: ContainerRunner) => container.stop(60_000)],
  ['ended with its pod', (container: ContainerRunner) => container.quit()],
])('a container that is %s while its process is being started ends, too', async (_how, end) => {
  const { container, starting, letGo } = slowContainer()
  const stopping = new AbortController()
  const run = container.run(stopping.signal)
  await starting
  stopping.abort()
  const ended = end(container)
  letGo()
  await ended
  expect(await run).toMatchObject({ exitCode: 130 })
  expect(container.processId).toBeUndefined()
})
