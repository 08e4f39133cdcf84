import { describe, expect, test } from 'vitest'
import { ProbeThreshold } from './probe-threshold.ts'

const record = (threshold: ProbeThreshold, results: string): (string | undefined)[] =>
  results.split('').map((result) => threshold.record(result === '+' ? 'success' : 'failure'))

describe('thresholds of probes', () => {
  test('three failures in a row count, two do not', () => {
    expect(record(new ProbeThreshold({}), '--+---')).toEqual([
      undefined,
      undefined,
      'success',
      undefined,
      undefined,
      'failure',
    ])
  })

  test('success may be asked for twice', () => {
    const threshold = new ProbeThreshold({ successThreshold: 2, failureThreshold: 1 })
    expect(record(threshold, '+-++')).toEqual([undefined, 'failure', undefined, 'success'])
  })
})
