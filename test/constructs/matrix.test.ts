/**
 * Every combination of what a database can be made of. Manifests are reviewed as files: those of one image whole, the others as lines
 * that differ from them (`matrix/golden`; `npx vitest run test/constructs/matrix.test.ts -u` writes them).
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { describe, expect, test } from 'vitest'
import { goldenText } from '../../src/testing/golden.ts'
import { manifestsOf } from './manifests-of.ts'
import { COMBINATIONS, REVIEWED_FILES } from './matrix.ts'
import { withoutScripts } from './without-scripts.ts'

const directory = join(import.meta.dirname, 'matrix', 'golden')
const texts = new Map(
  COMBINATIONS.map(({ name, props }) => [name, goldenText(withoutScripts(manifestsOf('orders', props)))]),
)
const textOf = (name: string): string => texts.get(name) ?? ''

const patchOf = (base: string, name: string): string =>
  createTwoFilesPatch(base, name, textOf(base), textOf(name), '', '', { context: 1 })

describe('the manifests are those that were reviewed:', () => {
  test.each(REVIEWED_FILES)('$file', async ({ file, names, base }) => {
    const text = names.map((name) => (base === undefined ? textOf(name) : patchOf(base, name))).join('')
    await expect(text).toMatchFileSnapshot(join(directory, file))
  })

  test('every combination once, and no file is left of one that is gone', () => {
    const reviewed = REVIEWED_FILES.flatMap(({ names }) => names)
    expect(reviewed.toSorted()).toEqual(COMBINATIONS.map(({ name }) => name).toSorted())
    expect(readdirSync(directory).toSorted()).toEqual(REVIEWED_FILES.map(({ file }) => file).toSorted())
  })

  test('each differs from every other one', () => {
    expect(new Set(texts.values()).size).toBe(COMBINATIONS.length)
  })
})
