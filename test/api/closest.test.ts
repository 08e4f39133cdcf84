import { describe, expect, test } from 'vitest'
import { closest } from '../../src/api/closest.ts'

describe('the closest word', () => {
  test.each([
    ['storge', ['image', 'storage'], 'storage'],
    ['STORAGE', ['storage'], 'storage'],
    ['aply', ['synth', 'diff', 'apply'], 'apply'],
    ['limit', ['limits', 'limit'], 'limit'],
    ['namesapce', ['namespace'], 'namespace'],
    ['', ['ab'], undefined],
    ['up', ['cpu'], undefined],
    ['ls', ['diff', 'rm'], undefined],
    ['backup', ['paused', 'image'], undefined],
    ['x', [], undefined],
  ])('to %j among %j is %j', (word, candidates, expected) => {
    expect(closest(word, candidates)).toBe(expected)
  })
})
