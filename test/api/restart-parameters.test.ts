import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { needsRestart, RESTART_PARAMETERS } from '../../src/api/restart-parameters.ts'
import { programDirectory } from '../postgres/installation.ts'
import { MAJORS } from '../postgres/programs-under-test.ts'

/** Names by context, as the server itself lists them: `name<TAB>context<TAB>…`. */
function contexts(major: PostgresMajor): readonly (readonly [name: string, context: string])[] {
  const listing = execFileSync(join(programDirectory(major) ?? '', 'postgres'), ['--describe-config'], {
    encoding: 'utf8',
  })
  return listing
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([name, context]) => (name === undefined || context === undefined ? [] : [[name, context] as const]))
}

describe('the parameters that need a restart', () => {
  test.each(MAJORS)('are those of PostgreSQL %s', (major) => {
    const known = contexts(major).filter(([name]) => !Object.hasOwn(OWNED_PARAMETERS, name))
    expect(known.length).toBeGreaterThan(200)
    const wrong = known.filter(
      ([name, context]) => needsRestart(name) !== (context === 'postmaster') && name !== 'autovacuum_max_workers',
    )
    expect(wrong).toEqual([])
  })

  test('are in order and none of them is owned by the manifests', () => {
    expect(RESTART_PARAMETERS).toEqual([...RESTART_PARAMETERS].toSorted())
    expect(RESTART_PARAMETERS.filter((name) => Object.hasOwn(OWNED_PARAMETERS, name))).toEqual([])
  })

  test('are read without regard to case, and those of extensions may be among them', () => {
    expect(needsRestart('Max_Connections')).toBe(true)
    expect(needsRestart('pg_stat_statements.max')).toBe(true)
    expect(needsRestart('work_mem')).toBe(false)
  })
})
