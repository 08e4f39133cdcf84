import { describe, expect, test } from 'vitest'
import { REPORT_FIGURES, runChild } from '../../bench/child.ts'
import type { ChildRun } from '../../bench/child.ts'

const never = new AbortController().signal
const node = (script: string, deadlineMs = 30_000, signal: AbortSignal = never): Promise<ChildRun> =>
  runChild({
    command: [process.execPath, ...REPORT_FIGURES, '-e', script],
    environment: {},
    deadlineMs,
    signal,
  })

describe('a measured process', () => {
  test('is timed from before its start to after its end', async () => {
    const { seconds, stdout } = await node('setTimeout(() => console.log("done"), 300)')
    expect(stdout).toBe('done\n')
    expect(seconds).toBeGreaterThan(0.3)
  })

  test.runIf(process.platform === 'linux')(
    'reports its own peak, not that of the process that started it',
    async () => {
      const small = await node('0')
      const large = await node('globalThis.kept = Buffer.alloc(200e6, 1)')
      expect(small.figures.peakMemoryBytes).toBeGreaterThan(20e6)
      expect(small.figures.peakMemoryBytes).toBeLessThan(120e6)
      expect(large.figures.peakMemoryBytes).toBeGreaterThan(small.figures.peakMemoryBytes + 150e6)
    },
  )

  test('has failed when it ends with another code, and its words say why', async () => {
    await expect(node('console.error("no cluster"); process.exit(3)')).rejects.toThrow('ended with 3: no cluster')
  })

  test('has failed when it does not end in time', async () => {
    await expect(node('setInterval(() => 0, 1000)', 300)).rejects.toThrow('did not end within 0.3 s')
  })

  test('ends when the benchmark is interrupted', async () => {
    const interruption = new AbortController()
    setTimeout(() => interruption.abort(new Error('interrupted')), 300)
    await expect(node('setInterval(() => 0, 1000)', 30_000, interruption.signal)).rejects.toThrow('interrupted')
  })
})
