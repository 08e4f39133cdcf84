import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  OPEN_MS,
  TOLERATED_FAILURES,
  admit,
  afterFailure,
  afterNothing,
  afterSuccess,
  closedCircuit,
} from '../../src/controller/circuit-breaker.ts'
import type { Circuit } from '../../src/controller/circuit-breaker.ts'

const failed = (times: number, nowMs = 0, circuit = closedCircuit(1)): Circuit =>
  Array.from({ length: times }).reduce<Circuit>((before) => afterFailure(before, nowMs), circuit)
const opened = failed(6)
const at = (nowMs: number): { readonly nowMs: number; readonly generation: number } => ({ nowMs, generation: 1 })

describe('a circuit', () => {
  test('bears five failures in a row and opens at the sixth', () => {
    expect(failed(5)).toEqual({ state: 'closed', failures: 5, generation: 1 })
    expect(admit(failed(5), at(0)).isAdmitted).toBe(true)
    expect(opened).toEqual({ state: 'open', failures: 6, generation: 1, since: 0 })
    expect(admit(opened, at(0))).toEqual({ isAdmitted: false, circuit: opened, retryInMs: 60_000 })
  })

  test('counts anew after a success', () => {
    expect(failed(5, 0, afterSuccess(failed(5))).state).toBe('closed')
  })

  test('lets one probe through after a minute, and nothing beside it', () => {
    expect(admit(opened, at(59_999))).toMatchObject({ isAdmitted: false, retryInMs: 1 })
    const probe = admit(opened, at(60_000))
    expect(probe).toMatchObject({ isAdmitted: true, circuit: { state: 'half-open' } })
    expect(admit(probe.circuit, at(61_000))).toMatchObject({ isAdmitted: false, circuit: { state: 'half-open' } })
  })

  test('closes when the probe succeeds', () => {
    const { circuit } = admit(opened, at(60_000))
    expect(afterSuccess(circuit)).toEqual(closedCircuit(1))
  })

  test('opens for another minute when the probe fails', () => {
    const { circuit } = admit(opened, at(60_000))
    const again = afterFailure(circuit, 65_000)
    expect(again).toMatchObject({ state: 'open', failures: 7, since: 65_000 })
    expect(admit(again, at(124_999)).isAdmitted).toBe(false)
    expect(admit(again, at(125_000)).isAdmitted).toBe(true)
  })

  test('lets another probe through at once when one was given up, and after a minute when one is not heard of', () => {
    const { circuit } = admit(opened, at(60_000))
    expect(admit(afterNothing(circuit, 61_000), at(61_000)).isAdmitted).toBe(true)
    expect(admit(circuit, at(119_999)).isAdmitted).toBe(false)
    expect(admit(circuit, at(120_000))).toMatchObject({ isAdmitted: true, circuit: { state: 'half-open' } })
    expect(afterNothing(opened, 1)).toBe(opened)
  })

  test.each([
    ['a new generation', { nowMs: 1, generation: 2 }, 2],
    ['an attempt that a person asked for', { nowMs: 1, generation: 1, isForced: true }, 1],
  ])('closes for %s', (_, facts, generation) => {
    expect(admit(opened, facts)).toEqual({ isAdmitted: true, circuit: closedCircuit(generation) })
  })

  test('is not kept open for longer by what was begun before', () => {
    expect(afterFailure(opened, 30_000)).toMatchObject({ state: 'open', since: 0 })
  })

  test('waits no longer than a minute when the clock was set back', () => {
    expect(admit(failed(6, 1_000_000), at(0))).toMatchObject({ retryInMs: 60_000 })
  })
})

test('whatever happens, an open circuit admits one attempt per minute at most, and always one after a minute', () => {
  const step = record({
    ms: integer({ min: 0, max: 40_000 }),
    succeeds: boolean(),
    end: constantFrom('tell', 'forget'),
  })
  assert(
    property(array(step, { maxLength: 60, size: 'max' }), (steps) => {
      let [circuit, nowMs, failures, admittedAt] = [closedCircuit(1), 0, 0, -Infinity]
      for (const { ms, succeeds, end } of steps) {
        nowMs += ms
        const admission = admit(circuit, at(nowMs))
        circuit = admission.circuit
        if (failures > TOLERATED_FAILURES) {
          expect(admission.isAdmitted).toBe(nowMs - admittedAt >= OPEN_MS)
          if (!admission.isAdmitted) expect(admit(circuit, at(nowMs + admission.retryInMs)).isAdmitted).toBe(true)
        } else expect(admission.isAdmitted).toBe(true)
        if (!admission.isAdmitted) continue
        admittedAt = nowMs
        if (end === 'forget') continue
        circuit = succeeds ? afterSuccess(circuit) : afterFailure(circuit, nowMs)
        failures = succeeds ? 0 : failures + 1
      }
    }),
  )
})
