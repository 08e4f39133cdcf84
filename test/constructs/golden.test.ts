import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Yaml } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'
import { withoutScripts } from './without-scripts.ts'

const directory = join(import.meta.dirname, 'golden')
const isUpdating = process.env['UPDATE_GOLDEN'] === '1'

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
