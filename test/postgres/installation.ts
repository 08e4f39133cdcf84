import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { PostgresMajor } from '../../src/api/image-reference.ts'

/**
 * Directory with `initdb` and `postgres` of a major: the machine's own where it has them, else what npm brought.
 * `undefined` where there is neither.
 */
export function programDirectory(major: PostgresMajor): string | undefined {
  const installed = `/usr/lib/postgresql/${major}/bin`
  if (existsSync(join(installed, 'initdb'))) return installed
  const name = `postgres-${major}-${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
