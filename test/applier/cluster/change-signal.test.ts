import { describe, expect, test } from 'vitest'
import { ChangeSignal } from '../../../src/applier/cluster/change-signal.ts'
import { FakeCluster } from '../fake-cluster.ts'

const never = new AbortController().signal

describe('a wait for a change', () => {
  test('ends when something changes, long before its time', async () => {
    const signal = new ChangeSignal()
    setTimeout(() => signal.notify(), 20)
    // Longer than a test may take.
    await signal.wait(600_000, never)
  })

  test('does not begin when something changed since the last look', async () => {
    const signal = new ChangeSignal()
    signal.notify()
    await signal.wait(60_000, never)
    signal.reset()
    const started = performance.now()
    await signal.wait(30, never)
    expect(performance.now() - started).toBeGreaterThan(25)
  })

  test('ends when the run ends', async () => {
    const signal = new ChangeSignal()
    const ending = new AbortController()
    setTimeout(() => ending.abort(), 20)
    await signal.wait(60_000, ending.signal)
    expect(ending.signal.aborted).toBe(true)
  })

  test('goes on without a watch that fails for good', async () => {
    const cluster = new FakeCluster()
    cluster.watch = () => Promise.reject(new Error('forbidden'))
    const signal = new ChangeSignal()
    signal.start(cluster, [{ apiVersion: 'v1', kind: 'Pod' }])
    await signal.wait(1000, never)
    await signal.stop()
    expect(signal.started).toBe(true)
  })
})
