import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { isInShard, parseShard, shardLeaseName, shardOf } from '../../src/controller/shard.ts'

const keys = Array.from({ length: 3000 }, (_, index) => `shop/orders-${String(index).padStart(4, '0')}`)

describe('the shard of a database', () => {
  test('is one of them, and the shards are about as large as each other', () => {
    for (const count of [2, 3, 7]) {
      const sizes = Array.from(
        { length: count },
        (_, index) => keys.filter((key) => isInShard(key, { index, count })).length,
      )
      expect(sizes.reduce((sum, size) => sum + size)).toBe(keys.length)
      for (const size of sizes) expect(Math.abs(size / (keys.length / count) - 1)).toBeLessThan(0.15)
    }
  })

  test('is what the documented line of shell says, in every version', () => {
    expect(['shop/orders', 'bank/ledger', 'default/test-db'].map((key) => shardOf(key, 3))).toEqual([1, 2, 0])
    const line = 'echo $((0x$(printf shop/orders | sha256sum | cut -c1-8) % 3))'
    expect(execFileSync('bash', ['-c', line], { encoding: 'utf8' }).trim()).toBe('1')
  })

  test('is the whole where there is one', () => {
    expect(keys.every((key) => isInShard(key, { index: 0, count: 1 }))).toBe(true)
    expect(shardLeaseName('controller', { index: 0, count: 1 })).toBe('controller')
    expect(shardLeaseName('controller', { index: 2, count: 3 })).toBe('controller-2-of-3')
  })

  test.each(['', '3', '3/3', '-1/3', '0/0', 'a/b', '0/3 ', '1/1001'])('is not read from %j', (text) => {
    expect(() => parseShard(text)).toThrow(RangeError)
  })

  test('is read from its number and the number of all', () => {
    expect(parseShard('0/3')).toEqual({ index: 0, count: 3 })
  })
})
