import { describe, expect, test } from 'vitest'
import { rewritePath } from './paths.ts'

const mappings = [
  { containerPath: '/var/lib/postgresql', hostPath: '/host/data' },
  { containerPath: '/var/lib/postgresql/wal/', hostPath: '/host/wal' },
  { containerPath: '/tmp', hostPath: '/host/tmp' },
]

describe('rewriting paths', () => {
  test.each([
    ['/var/lib/postgresql', '/host/data'],
    ['/var/lib/postgresql/18/docker', '/host/data/18/docker'],
    ['/var/lib/postgresql/wal/archive', '/host/wal/archive'],
    ['/tmp/', '/host/tmp/'],
  ])('%s under a mount becomes %s', (value, expected) => {
    expect(rewritePath(value, mappings)).toBe(expected)
  })

  test.each(['/var/lib/postgresql2', 'host=/tmp', 'tmp', '', '/'])('%j, which is not under a mount, stays', (value) => {
    expect(rewritePath(value, mappings)).toBe(value)
  })
})
