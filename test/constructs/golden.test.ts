import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Yaml } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { BACKUP_SCRIPT } from '../../src/postgres/backup.ts'
import { BOOTSTRAP_SCRIPT } from '../../src/postgres/bootstrap.ts'
import { CLONE_SCRIPT } from '../../src/postgres/clone.ts'
import { START_SCRIPT } from '../../src/postgres/start.ts'
import { manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

const directory = join(import.meta.dirname, 'golden')
const isUpdating = process.env['UPDATE_GOLDEN'] === '1'

/** The scripts have tests of their own; here each would be 600 lines of every file. */
function withoutScripts(manifests: readonly KubernetesObject[]): KubernetesObject[] {
  return manifests.map((object) => {
    if (object.kind !== 'ConfigMap') return object
    const data = object['data'] as Record<string, string>
    if (object.metadata.name.endsWith('-dashboard')) return object
    expect(data).toMatchObject({ 'bootstrap.sh': BOOTSTRAP_SCRIPT, 'start.sh': START_SCRIPT })
    const named: Record<string, string> = { 'bootstrap.sh': 'BOOTSTRAP_SCRIPT', 'start.sh': 'START_SCRIPT' }
    if (data['clone.sh'] !== undefined) {
      expect(data['clone.sh']).toBe(CLONE_SCRIPT)
      named['clone.sh'] = 'CLONE_SCRIPT'
    }
    if (data['backup.sh'] !== undefined) {
      expect(data['backup.sh']).toBe(BACKUP_SCRIPT)
      named['backup.sh'] = 'BACKUP_SCRIPT'
    }
    return { ...object, data: { ...data, ...named } }
  })
}

describe('the manifests are those that were reviewed', () => {
  test.each(Object.entries(SCENARIOS))('%s', (name, props) => {
    const file = join(directory, `${name}.yaml`)
    const text = Yaml.stringify(...withoutScripts(manifestsOf(name, props)))
    if (isUpdating) writeFileSync(file, text)
    const reviewed = existsSync(file) ? readFileSync(file, 'utf8') : ''
    expect(
      text,
      `golden/${name}.yaml differs: UPDATE_GOLDEN=1 npx vitest run test/constructs writes it, then review`,
    ).toBe(reviewed)
  })

  test('and there are no others', () => {
    const files = readdirSync(directory).toSorted()
    expect(files).toEqual(
      Object.keys(SCENARIOS)
        .map((name) => `${name}.yaml`)
        .toSorted(),
    )
  })
})
