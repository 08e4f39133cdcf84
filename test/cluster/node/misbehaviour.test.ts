import { describe, expect, test } from 'vitest'
import { misbehaviourAnnotation, misbehaviourOf, parseMisbehaviour } from './misbehaviour.ts'
import type { Pod } from './objects.ts'

const pod = (annotation?: string): Pod => ({
  metadata: {
    name: 'db-0',
    ...(annotation !== undefined && { annotations: { [misbehaviourAnnotation]: annotation } }),
  },
  spec: { containers: [] },
})

describe('misbehaviour', () => {
  test('is nothing unless asked for', () => {
    expect(misbehaviourOf(pod(), undefined)).toEqual({})
  })

  test('of one pod is added to that of all, and its annotation wins', () => {
    const configMap = {
      metadata: { name: 'local-node' },
      data: { default: '{"neverReady":true,"startDelayMs":5}', 'db-0': '{"startDelayMs":7}' },
    }
    expect(misbehaviourOf(pod('{"imageUnavailable":true,"startDelayMs":9}'), configMap)).toEqual({
      neverReady: true,
      imageUnavailable: true,
      startDelayMs: 9,
    })
  })

  test('that the node does not know is an error', () => {
    expect(() => parseMisbehaviour('{"explode":true}')).toThrow(/explode/)
  })
})
