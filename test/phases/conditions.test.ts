import { describe, expect, it } from 'vitest'
import type { Condition } from '../../src/api/status.ts'
import { isConditionTrue, removeCondition, setCondition } from '../../src/phases/conditions.ts'

const EARLIER = '2026-11-21T11:00:00Z'
const NOW = '2026-11-21T12:00:00Z'

const notReady: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Pending',
  message: 'The resource was seen.',
  observedGeneration: 1,
  lastTransitionTime: EARLIER,
}

describe('setting a condition', () => {
  it('keeps lastTransitionTime while the status stays, whatever the reason, message and generation', () => {
    const update = { type: 'Ready', status: 'False', reason: 'Other', message: 'other', observedGeneration: 2 } as const
    expect(setCondition([notReady], update, NOW)).toStrictEqual([{ ...update, lastTransitionTime: EARLIER }])
  })

  it('moves lastTransitionTime when the status moves', () => {
    const update = { type: 'Ready', status: 'True', reason: 'AllChecksPassed', message: '' } as const
    expect(setCondition([notReady], update, NOW)).toStrictEqual([{ ...update, lastTransitionTime: NOW }])
  })

  it('adds a condition that is new and leaves the others as they are, in their places', () => {
    const foreign: Condition = { ...notReady, type: 'Backed-Up' }
    const update = { type: 'Degraded', status: 'False', reason: 'AsExpected', message: '' } as const
    const conditions = setCondition([foreign, notReady], update, NOW)
    expect(conditions.map(({ type }) => type)).toStrictEqual(['Backed-Up', 'Ready', 'Degraded'])
    expect(conditions[0]).toBe(foreign)
  })
})

describe('the kstatus pair', () => {
  it('is absent rather than False', () => {
    const stalled: Condition = { ...notReady, type: 'Stalled', status: 'True' }
    expect(removeCondition([notReady, stalled], 'Stalled')).toStrictEqual([notReady])
    expect(isConditionTrue([stalled], 'Stalled')).toBe(true)
    expect(isConditionTrue([notReady], 'Stalled')).toBe(false)
  })
})
