import { describe, expect, test } from 'vitest'
import { FlowControl } from '../../src/cluster/flow-control.ts'

const fair = { 'x-kubernetes-pf-flowschema-uid': 'a' }

describe('requests in flight', () => {
  test('are as many as allowed against a server that queues by fairness', () => {
    const flow = new FlowControl(16)
    flow.observe(200, fair, 0)
    expect(flow.limit).toBe(16)
  })

  test('are fewer against one that does not', () => {
    const flow = new FlowControl(16)
    flow.observe(200, {}, 0)
    expect(flow.limit).toBe(8)
  })

  test('are halved once for a burst of rejections, again after a second, and never below one', () => {
    const flow = new FlowControl(4)
    for (const at of [0, 1, 2]) flow.observe(429, fair, at)
    expect(flow.limit).toBe(2)
    for (const at of [1001, 2002, 3003]) flow.observe(429, fair, at)
    expect(flow.limit).toBe(1)
    expect(flow.rejections).toBe(6)
  })

  test('come back one by one, a round of successes each', () => {
    const flow = new FlowControl(4)
    flow.observe(429, fair, 0)
    for (let reply = 0; reply < 2; reply += 1) flow.observe(200, fair, 1)
    expect(flow.limit).toBe(3)
    for (let reply = 0; reply < 100; reply += 1) flow.observe(200, fair, 1)
    expect(flow.limit).toBe(4)
  })

  test('never exceed the limit of the moment, and all get their turn', async () => {
    const flow = new FlowControl(4)
    let running = 0
    let most = 0
    const work = async (): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    }
    flow.observe(429, fair, 0)
    await Promise.all(Array.from({ length: 20 }, () => flow.run(work)))
    expect(most).toBe(2)
  })
})
