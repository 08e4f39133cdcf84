import { describe, expect, test } from 'vitest'
import { cli } from '../e2e/command.ts'

describe('diff --as-keeper', () => {
  test.each([['--out', 'plan.json'], ['--take-over'], ['--set', 'shop']])('is refused with %s', async (...flags) => {
    const { code, stderr } = await cli(['diff', '--as-keeper', ...flags])
    expect(stderr).toContain(`--as-keeper and ${flags[0] ?? ''} exclude each other`)
    expect(code).toBe(2)
  })
})
