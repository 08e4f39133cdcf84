import { describe, expect, test } from 'vitest'
import { API_VERSION, KIND } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { differences } from '../../src/plan/difference.ts'
import { IMPACT_ROWS, impactOf, worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import { isOfPattern, parsePath } from '../../src/plan/impact-path.ts'
import { SYNTHESISED_KINDS } from './impact-cases.ts'
import { SPEC_FIELDS } from './spec-fields.ts'

const DATABASE = { apiVersion: API_VERSION, kind: KIND }
const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet' }
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const digest = `registry.internal:5000/pg@sha256:${'ab'.repeat(32)}`

const impact = (
  object: { apiVersion: string; kind: string },
  path: string,
  before: unknown,
  after: unknown,
): Impact | undefined => impactOf(object, { path, before, after })?.impact

describe('the impact table', () => {
  test.each(SPEC_FIELDS)('has a line for %s that holds whatever the values are', (path) => {
    const rows = IMPACT_ROWS.filter(
      ({ kind, field, when }) =>
        kind === 'Database.database.example.com' &&
        when === undefined &&
        isOfPattern(parsePath(path), parsePath(field)),
    )
    expect(rows).toHaveLength(1)
  })

  test('has no line that an earlier one hides, and none for a field of the resource that does not exist', () => {
    for (const [index, row] of IMPACT_ROWS.entries()) {
      const hidden = IMPACT_ROWS.slice(0, index).some(
        ({ kind, field, when }) =>
          kind === row.kind &&
          when === undefined &&
          isOfPattern(parsePath(row.field), parsePath(field)) &&
          row.field !== 'metadata.**',
      )
      expect(hidden, `${row.kind} ${row.field}`).toBe(false)
      if (row.kind !== 'Database.database.example.com' || !row.field.startsWith('spec.')) continue
      expect(
        SPEC_FIELDS.some((path) => isOfPattern(parsePath(path), parsePath(row.field))),
        row.field,
      ).toBe(true)
    }
  })

  test('knows every kind that synthesis writes', () => {
    for (const object of SYNTHESISED_KINDS) {
      expect(impact(object, 'metadata.labels.team', 'a', 'b'), object.kind).toBe('none')
    }
  })

  test('gives each reason as the end of a sentence', () => {
    for (const { because } of IMPACT_ROWS) expect(because).toMatch(/^(?:[a-z]|Debian|Alpine).*[^.\s]$/)
  })
})

describe('a Database', () => {
  test('restarts for another minor version and refuses another major, also behind a digest', () => {
    expect(impact(DATABASE, 'spec.image', 'postgres:16.4-bookworm', 'postgres:16.9-bookworm')).toBe('restart')
    expect(impact(DATABASE, 'spec.image', 'postgres:16.4', 'postgres:17.0')).toBe('refused')
    const before = database({ image: 'postgres:16.4' })
    const after = database({ image: digest, postgresVersion: '17' })
    const change = { path: 'spec.image', before: 'postgres:16.4', after: digest }
    expect(impactOf(DATABASE, change, { before, after })?.impact).toBe('refused')
    const same = database({ image: digest, postgresVersion: '16' })
    expect(impactOf(DATABASE, change, { before, after: same })?.impact).toBe('restart')
  })

  test('refuses an image whose user cannot read the data', () => {
    expect(impact(DATABASE, 'spec.image', 'postgres:16.4-bookworm', 'postgres:16.4-alpine3.22')).toBe('refused')
    expect(impact(DATABASE, 'spec.image', 'postgres:16-alpine', 'postgres:16.4-alpine3.22')).toBe('restart')
  })

  test('refuses a contradicting postgresVersion, and ignores one that says what the tag says', () => {
    const before = database({ image: 'postgres:16.4' })
    const path = 'spec.postgresVersion'
    const to = (version: string): Impact | undefined => {
      const after = database({ image: 'postgres:16.4', postgresVersion: version })
      return impactOf(DATABASE, { path, before: undefined, after: version }, { before, after })?.impact
    }
    expect([to('16'), to('17')]).toEqual(['none', 'refused'])
  })

  test('grows its volume online, and never shrinks it', () => {
    const size = (before: string, after: string): Impact | undefined =>
      impact(DATABASE, 'spec.storage.size', before, after)
    expect([size('10Gi', '20Gi'), size('10Gi', '10240Mi'), size('10Gi', '9Gi')]).toEqual([
      'resize-online',
      'none',
      'refused',
    ])
  })

  test('restarts for parameters that only a start takes over, and reloads for the others', () => {
    const judged = (name: string, image?: string): Impact | undefined => {
      const after = image === undefined ? undefined : database({ image })
      return impactOf(DATABASE, { path: `spec.parameters["${name}"]`, before: undefined, after: '1' }, { after })
        ?.impact
    }
    expect(judged('max_connections')).toBe('restart')
    expect(judged('work_mem')).toBe('reload')
    expect(judged('autovacuum_max_workers', 'postgres:17.5')).toBe('restart')
    expect(judged('autovacuum_max_workers', 'postgres:18.1')).toBe('reload')
    expect(judged('pg_stat_statements.max')).toBe('restart')
    expect(judged('auto_explain.log_min_duration')).toBe('reload')
  })

  test('makes the next deletion irreversible with deletionPolicy Delete, and takes it back with Retain', () => {
    expect(impact(DATABASE, 'spec.deletionPolicy', 'Retain', 'Delete')).toBe('irreversible')
    expect(impact(DATABASE, 'spec.deletionPolicy', 'Delete', 'Retain')).toBe('none')
  })

  test('is judged by everything in a value that comes or goes as a whole', () => {
    expect(impact(DATABASE, 'spec.resources', undefined, { limits: { memory: '1Gi' } })).toBe('restart')
    expect(impact(DATABASE, 'spec.credentials', undefined, { existingSecret: { name: 'mine' } })).toBe('restart')
    expect(impact(DATABASE, 'spec.resources', undefined, {})).toBe('none')
    expect(impact(DATABASE, 'spec', { storage: { size: '10Gi' }, paused: true }, { storage: { size: '5Gi' } })).toBe(
      'refused',
    )
  })

  test('names the instances that restart', () => {
    const [before, after] = [database({ image: 'postgres:16.4' }), database({ image: 'postgres:16.9' })]
    const change = { path: 'spec.image', before: 'postgres:16.4', after: 'postgres:16.9' }
    expect(impactOf(DATABASE, change, { before, after })).toEqual({
      impact: 'restart',
      because: 'the pod is replaced by one of this image',
      replicas: 1,
    })
    expect(impactOf(DATABASE, change)).not.toHaveProperty('replicas')
  })
})

describe('a StatefulSet', () => {
  test.each([
    ['spec.template.metadata.labels.team', undefined, 'shop', 'restart'],
    ['spec.template.spec.containers[name=postgres].image', 'postgres:16.4', 'postgres:16.9', 'restart'],
    ['spec.template.spec.initContainers[name=bootstrap].image', 'postgres:16.4', 'postgres:17.1', 'refused'],
    ['spec.template.metadata.annotations["database.example.com/restart-hash"]', 'a', 'b', 'restart'],
    ['spec.replicas', 1, 0, 'restart'],
    ['spec.replicas', 0, 1, 'restart'],
    ['spec.replicas', 3, 1, 'none'],
    ['spec.updateStrategy.type', 'OnDelete', 'RollingUpdate', 'none'],
    ['spec.serviceName', 'a', 'b', 'none'],
    ['spec.selector.matchLabels.app', 'a', 'b', 'refused'],
    ['spec.volumeClaimTemplates[0].spec.resources.requests.storage', '1Gi', '2Gi', 'resize-online'],
    ['spec.volumeClaimTemplates[0].spec.resources.requests.storage', '2Gi', '1Gi', 'refused'],
    ['spec.volumeClaimTemplates[0].spec.storageClassName', 'slow', 'fast', 'refused'],
    ['spec.volumeClaimTemplates[0].metadata.labels.team', undefined, 'shop', 'none'],
    ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted', 'Retain', 'Delete', 'irreversible'],
    ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted', 'Delete', 'Retain', 'none'],
  ])('%s: %s to %s: %s', (path, before, after, expected) => {
    expect(impact(STATEFUL_SET, path, before, after)).toBe(expected)
  })
})

describe('a ConfigMap', () => {
  const path = 'data["postgresql.conf"]'
  const conf = (connections: string, walSize: string, hash = 'a'): string =>
    `# Settings of PostgreSQL 16\n\nmax_connections = '${connections}'\nmax_wal_size = '${walSize}'\n\ncdk8s_database.config_hash = '${hash}'\n`

  test('restarts the pod for a setting that only a start takes over, and for no other one', () => {
    expect(impact(CONFIG_MAP, path, conf('100', '1GB'), conf('200', '1GB'))).toBe('restart')
    expect(impact(CONFIG_MAP, path, conf('100', '1GB'), conf('100', '4GB', 'b'))).toBe('reload')
    expect(impact(CONFIG_MAP, 'data["pg_hba.conf"]', 'a', 'b')).toBe('reload')
  })

  test('goes by the major that the file was written for', () => {
    const workers = (major: string, count: string): string =>
      `# Settings of PostgreSQL ${major}\n\nautovacuum_max_workers = '${count}'\n`
    expect(impact(CONFIG_MAP, path, workers('17', '3'), workers('17', '4'))).toBe('restart')
    expect(impact(CONFIG_MAP, path, workers('18', '3'), workers('18', '4'))).toBe('reload')
  })

  test('leaves the scripts to the next start', () => {
    expect(impact(CONFIG_MAP, 'data["start.sh"]', 'a', 'b')).toBe('none')
  })
})

describe('what the table does not know', () => {
  test('is not claimed to do nothing', () => {
    expect(impact({ apiVersion: 'apps/v1', kind: 'Deployment' }, 'spec.replicas', 1, 2)).toBeUndefined()
    expect(impact({ apiVersion: 'example.com/v1', kind: 'Service' }, 'spec.type', 'a', 'b')).toBeUndefined()
    expect(impact(STATEFUL_SET, 'spec.tomorrow', undefined, 'x')).toBeUndefined()
    expect(impact(STATEFUL_SET, 'spec', { minReadySeconds: 1 }, { minReadySeconds: 2, tomorrow: 1 })).toBeUndefined()
  })

  test('is milder than everything that is known', () => {
    expect(impact(STATEFUL_SET, 'spec', { replicas: 1 }, { replicas: 0, tomorrow: 1 })).toBe('restart')
  })
})

describe('the worst of several', () => {
  test('is the gravest; unknown is graver than nothing', () => {
    expect(worstImpact([])).toBe('none')
    expect(worstImpact(['none', 'restart', 'resize-online'])).toBe('restart')
    expect(worstImpact(['reload', 'resize-online'])).toBe('resize-online')
    expect(worstImpact(['restart', 'refused', 'irreversible'])).toBe('refused')
    expect(worstImpact(['none', undefined])).toBeUndefined()
    expect(worstImpact(['reload', undefined])).toBe('reload')
  })
})

describe('a path', () => {
  test('is read as differences are written', () => {
    const found = differences(
      { a: { 'x.y/z': 1 }, list: [{ name: 'p', image: 'x' }], plain: [1, 2] },
      { a: { 'x.y/z': 2 }, list: [{ name: 'p', image: 'y' }], plain: [1, 3] },
    )
    expect(found.map(({ path }) => parsePath(path))).toEqual([
      ['a', 'x.y/z'],
      ['list', '[name=p]', 'image'],
      ['plain', '[1]'],
    ])
  })
})

function database(spec: object): KubernetesObject {
  return { ...DATABASE, metadata: { name: 'orders' }, spec: { replicas: 1, ...spec } }
}
