/** Two controllers: one works, the other takes over when that one is killed or told to end. */
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest, storedWrites } from './database.ts'

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'election')

/** A controller that runs. */
interface Candidate {
  readonly child: ChildProcess
  readonly ended: Promise<CommandResult>
  said(): string
}

const candidates: Candidate[] = []

function startCandidate(): Candidate {
  let said = ''
  const flags = ['--watch-namespace', namespace, '-n', namespace, '--leader-elect', '--verify=off']
  const started: ChildProcess[] = []
  const ended = cli(['controller', ...flags], {
    kubeconfig: cluster.kubeconfig,
    onStart: (child) => {
      started.push(child)
      child.stdout?.on('data', (text: Buffer) => (said += text.toString()))
    },
  })
  const [child] = started
  if (child === undefined) throw new Error('the controller did not start')
  const candidate = { child, ended, said: () => said }
  candidates.push(candidate)
  return candidate
}

const says = async (candidate: Candidate, text: string, timeout = 30_000): Promise<void> => {
  await expect.poll(() => candidate.said(), { timeout, interval: 100 }).toContain(text)
}

const phaseAt = async (generation: number): Promise<void> => {
  const jsonpath = 'jsonpath={.status.observedGeneration} {.status.phase}'
  const get = async (): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, 'get', 'db', 'test-db', '-o', jsonpath])).stdout
  await expect.poll(get, { timeout: 40_000, interval: 200 }).toBe(`${generation} Ready`)
}

const change = (deletionPolicy: string): ReturnType<typeof cluster.kubectl> => {
  const patch = JSON.stringify({ spec: { deletionPolicy } })
  return cluster.kubectl(['-n', namespace, 'patch', 'db', 'test-db', '--type=merge', '-p', patch])
}

beforeAll(() => installDefinition(cluster))
afterAll(async () => {
  for (const { child } of candidates) child.kill('SIGTERM')
  await Promise.all(candidates.map(({ ended }) => ended))
})

test('one of two works, and nobody notices when it is gone', { timeout: 150_000 }, async () => {
  const first = startCandidate()
  await says(first, '"msg":"leading"')
  const second = startCandidate()
  await says(second, '"msg":"waiting to lead"')
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: labManifest() })
  await phaseAt(1)

  // Killed, its lease has to expire.
  first.child.kill('SIGKILL')
  await first.ended
  await change('Delete')
  await says(second, '"msg":"leading"', 40_000)
  await phaseAt(2)

  // Told to end, it gives the lease back.
  const third = startCandidate()
  await says(third, '"msg":"waiting to lead"')
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
  await says(second, '"msg":"lease released"')
  await says(third, '"msg":"leading"', 10_000)
  const before = (await storedWrites(cluster, namespace)).length
  await says(third, '"msg":"synced"')
  await change('Retain')
  await phaseAt(3)
  const writes = (await storedWrites(cluster, namespace)).slice(before)
  const resources = new Set(writes.map(({ objectRef }) => objectRef?.resource ?? ''))
  // What the one before had made is not made again. The lease is renewed meanwhile.
  resources.delete('leases')
  expect([...resources].toSorted()).toEqual(['databases', 'events'])
})
