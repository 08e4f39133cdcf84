import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = join(import.meta.dirname, '..', '..', 'scripts', 'reference.ts')

test('the reference is what the source says: otherwise run node scripts/reference.ts', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, '--check'])
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
})
