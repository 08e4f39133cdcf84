import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/api/input-error.ts'
import { itemsOf } from '../../src/manifests/list.ts'
import { readPlainYaml } from '../../src/manifests/plain-yaml.ts'
import { SharedStrings } from '../../src/manifests/shared-strings.ts'
import { readAnyYaml } from '../../src/manifests/yaml-library.ts'
import type { YamlValue } from '../../src/manifests/yaml-value.ts'
import { assembledText, mutatedText, writtenText } from './yaml-texts.ts'

/** Texts of each kind. More are tried with PLAIN_YAML_RUNS. */
const RUNS = Number(process.env['PLAIN_YAML_RUNS'] ?? 3000)

/** What the library says, in the same form. */
function fromLibrary(text: string): YamlValue[] | string {
  try {
    return readAnyYaml(text, 'a.yaml').map(({ value, line, itemLines }) => ({ value, line, itemLines }))
  } catch (error) {
    if (error instanceof InputError) return `${error.where} ${error.message}`
    throw error
  }
}

// One for all texts, as in a run of the command: what is remembered of one must not change another.
const strings = new SharedStrings()
let read = 0
let tried = 0

/** Reads it both ways: what the fast reader takes on must be what the library says, to the order of the keys. */
function compare(text: string): void {
  const plain = text.isWellFormed() ? readPlainYaml(Buffer.from(text), strings) : undefined
  tried += 1
  if (plain === undefined) return
  read += 1
  const library = fromLibrary(text)
  if (typeof library === 'string') throw new Error(`the library refuses it: ${library}`)
  // Which documents are Lists decides itemLines; of the others they are not asked for.
  const told = (values: readonly YamlValue[]): unknown =>
    values.map(({ value, line, itemLines }) => [value, JSON.stringify(value), line, itemsOf(value) && itemLines])
  if (isDeepStrictEqual(told(plain), told(library))) return
  throw new Error(`${JSON.stringify(told(plain))} instead of ${JSON.stringify(told(library))}`)
}

describe('what is read fast is what the library reads', () => {
  test.each([
    ['of texts as programs write them', writtenText, 0.2],
    ['of texts that were changed by accident', mutatedText, 0.05],
    ['of pieces of YAML', assembledText, 0.02],
  ])('%s', (_title, texts, share) => {
    read = 0
    tried = 0
    fc.assert(fc.property(texts, compare), { numRuns: RUNS })
    expect(read / tried).toBeGreaterThan(share)
  })
})
