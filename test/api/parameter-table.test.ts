import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { POSTGRES_MAJORS } from '../../src/api/image-reference.ts'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { OWNED_PARAMETERS } from '../../src/api/parameters.ts'
import { parameterOf, parameterTable } from '../../src/api/parameter-table.ts'
import { needsRestart } from '../../src/api/restart-parameters.ts'
import { programDirectory } from '../postgres/installation.ts'
import { createPodDirectory } from '../postgres/pod-directory.ts'
import { MAJORS } from '../postgres/programs-under-test.ts'

interface Described {
  readonly name: string
  readonly context: string
  readonly type: string
  readonly min: string
  readonly max: string
}

/** What the server itself lists, a line each: name, context, group, type, default, least, greatest, description. */
function described(major: PostgresMajor): readonly Described[] {
  const program = join(programDirectory(major) ?? '', 'postgres')
  const listing = execFileSync(program, ['--describe-config'], { encoding: 'utf8' })
  return listing.split('\n').flatMap((line) => {
    const [name, context = '', , type = '', , min = '', max = ''] = line.split('\t')
    return name === undefined || name === '' ? [] : [{ name: name.toLowerCase(), context, type, min, max }]
  })
}

const TYPES: Readonly<Record<string, string>> = { BOOLEAN: 'bool', STRING: 'string', ENUM: 'enum' }

/** Came in a minor version, so that not every server of its major has it; and what only Debian has. */
const NOT_CHECKED = new Set(['file_extend_method', 'extension_destdir'])

describe('the table of parameters', () => {
  test.each(MAJORS)('says of PostgreSQL %s what the server says: names, contexts, types and limits', (major) => {
    const listed = described(major).filter(({ name }) => !NOT_CHECKED.has(name))
    expect(listed.length).toBeGreaterThan(250)
    for (const { name, context, type, min, max } of listed) {
      const entry = parameterOf(name, major)
      expect(entry, name).toMatchObject({ name, context })
      expect(entry?.values.type, name).toBe(TYPES[type] ?? type.toLowerCase())
      if (entry?.values.type !== 'integer' && entry?.values.type !== 'real') continue
      const limits = [Number(min), Number(max)]
      // `--describe-config` shows the largest number in all its digits.
      expect(entry.values.min, name).toBe(limits[0])
      if (entry.values.max < 1e308) expect(entry.values.max, name).toBe(limits[1])
    }
  })

  test.each(MAJORS)('has the units and words of PostgreSQL %s, and no name that it does not have', async (major) => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const answer = await pod.ask(
      'mydb',
      "SELECT '<' || json_agg(json_build_array(lower(name), context, unit, enumvals)) || '>' FROM pg_settings;",
    )
    const rows = JSON.parse(/<(\[.*\])>/.exec(answer)?.[1] ?? '[]') as [
      string,
      string,
      string | null,
      string[] | null,
    ][]
    const known = rows.filter(([name]) => !NOT_CHECKED.has(name) && !name.includes('.'))
    expect(known.length).toBeGreaterThan(300)
    for (const [name, context, unit, words] of known) {
      const entry = parameterOf(name, major)
      expect(entry?.context, name).toBe(context)
      if (entry?.values.type === 'enum') expect(entry.values.words, name).toEqual(expect.arrayContaining(words ?? []))
      else if (entry !== undefined && 'min' in entry.values) expect(entry.values.unit ?? null, name).toBe(unit)
    }
    const names = new Set(rows.map(([name]) => name))
    const absent = [...parameterTable().keys()].filter((name) => parameterOf(name, major) && !names.has(name))
    expect(absent).toEqual([])
  })

  test('has one entry at most of a parameter for every major', () => {
    for (const [name, entries] of parameterTable()) {
      for (const major of POSTGRES_MAJORS.map(Number)) {
        const those = entries.filter(({ firstMajor, lastMajor }) => firstMajor <= major && major <= lastMajor)
        expect(those.length, `${name} of ${major}`).toBeLessThanOrEqual(1)
      }
    }
  })

  test('knows every parameter that the manifests own, but for what is no parameter of the server', () => {
    const unknown = Object.keys(OWNED_PARAMETERS).filter((name) => !parameterTable().has(name))
    expect(unknown.toSorted()).toEqual(
      ['cdk8s_database.config_hash', 'include', 'include_dir', 'include_if_exists', 'log_file_mode'].filter(
        (name) => !parameterTable().has(name),
      ),
    )
  })
})

describe('a restart', () => {
  test('is needed by what only a start takes over, in the major that is meant', () => {
    expect(needsRestart('Max_Connections', '16')).toBe(true)
    expect(needsRestart('work_mem', '16')).toBe(false)
    expect([needsRestart('autovacuum_max_workers', '17'), needsRestart('autovacuum_max_workers', '18')]).toEqual([
      true,
      false,
    ])
    expect(needsRestart('autovacuum_max_workers')).toBe(true)
  })

  test('is assumed for a parameter of an extension, unless PostgreSQL brings the extension and says otherwise', () => {
    expect(needsRestart('timescaledb.max_background_workers', '16')).toBe(true)
    expect(needsRestart('pg_stat_statements.max', '16')).toBe(true)
    expect(needsRestart('pg_stat_statements.track', '16')).toBe(false)
    expect(needsRestart('auto_explain.log_min_duration', '16')).toBe(false)
  })
})
