import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/api/input-error.ts'
import { itemsOf } from '../../src/manifests/list.ts'
import { readPlainYaml } from '../../src/manifests/plain-yaml.ts'
import { SharedStrings } from '../../src/manifests/shared-strings.ts'
import { readAnyYaml } from '../../src/manifests/yaml-library.ts'
import type { YamlValue } from '../../src/manifests/yaml-value.ts'
import { assembledText, mutatedText, scriptText, writtenText } from './yaml-texts.ts'

/** Texts of each kind. More are tried with PLAIN_YAML_RUNS. */
const RUNS = Number(process.env['PLAIN_YAML_RUNS'] ?? 2000)

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

/** What the fast reader makes of a text. */
const plainly = (text: string): YamlValue[] | undefined => readPlainYaml(Buffer.from(text), new SharedStrings())

describe('what is read fast is what the library reads', () => {
  test.each([
    ['of texts as programs write them', writtenText, 0.2],
    ['of texts that were changed by accident', mutatedText, 0.05],
    ['of lines that look like YAML', assembledText, 0.02],
    ['of scripts that were read before', scriptText, 0.1],
  ])('%s', (_title, texts, share) => {
    read = 0
    tried = 0
    fc.assert(fc.property(texts, compare), { numRuns: RUNS })
    expect(read / tried).toBeGreaterThan(share)
  })
})

describe('is read fast:', () => {
  test.each<[title: string, text: string, values: unknown[]]>([
    ['a map in a list', 'a:\n- b: 1\n  c:\n    - x\n- - d\n  - e\n', [{ a: [{ b: 1, c: ['x'] }, ['d', 'e']] }]],
    ['comments', '# a\na: b # c\n\n  # d\ne: f#g\n', [{ a: 'b', e: 'f#g' }]],
    ['nothing', 'a:\nb: # c\nc: ~\n', [{ a: null, b: null, c: null }]],
    ['words that mean something', 'a: no\nb: 0777\nc: 1e3\nd: 12:30\n', [{ a: false, b: 511, c: 1000, d: '12:30' }]],
    ['quotes', `a: "x\\n\\u00e4"\nb: 'it''s'\n"c": ''\n`, [{ a: 'x\nä', b: "it's", c: '' }]],
    ['flow collections', 'a: {b: [1, x], "c": {}}\n', [{ a: { b: [1, 'x'], c: {} } }]],
    ['JSON', '{\n\t"a": [\n\t\t1,\n\t\t"x"\n\t]\n}\n', [{ a: [1, 'x'] }]],
    [
      'blocks',
      'a: |\n  x\n\n   y\nb: >-\n  x\n  y\n\n  z\nc: |+\n  x\n\n',
      [{ a: 'x\n\n y\n', b: 'x y\nz', c: 'x\n\n' }],
    ],
    ['indentation that a block tells', 'a: |2-\n   x\n  y\n', [{ a: ' x\ny' }]],
    ['documents', '---\na: 1\n---\n---\n# c\n---\n{b: 2}\n', [{ a: 1 }, { b: 2 }]],
    ['nothing at all', '\n# c\n', []],
    ['other languages', 'ä: 漢字 😀\n', [{ ä: '漢字 😀' }]],
  ])('%s', (_title, text, values) => {
    expect(plainly(text)?.map(({ value }) => value)).toEqual(values)
  })
})

describe('is left to the library:', () => {
  test.each([
    ['an anchor', 'a: &b c\n'],
    ['an alias', 'a: *b\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a directive', '%YAML 1.1\n---\na: b\n'],
    ['a merge key', 'a:\n  <<: b\n'],
    ['a key that is a number', '1: b\n'],
    ['a key that JavaScript treats otherwise', '__proto__: b\n'],
    ['a complex key', '? a\n: b\n'],
    ['a key twice', 'a: 1\na: 2\n'],
    ['a key twice in JSON', '{"a": 1, "a": 2}'],
    ['a key that is too long', `${'a'.repeat(1100)}: b\n`],
    ['a text that goes on in the next line', 'a: b\n  c\n'],
    ['quotes that go on in the next line', 'a: "b\n  c"\n'],
    ['escapes that JSON does not know', 'a: "\\x41"\n'],
    ['a tab', 'a:\tb\n'],
    ['the ends of lines of Windows', 'a: b\r\n'],
    ['a mark of byte order', '\uFEFFa: b\n'],
    ['a mark of byte order further down', 'a: b\uFEFF\n'],
    ['a zero byte', 'a: b\u0000\n'],
    ['a document that ends', 'a: b\n...\n'],
    ['a mark with something after it', '--- a: b\n'],
    ['a number that cannot be carried', 'a: 9007199254740993\n'],
    ['a number that is none in JSON', 'a: .nan\n'],
    ['a block without an end of its line', 'a: |\n  b'],
    ['a block that begins with deeper empty lines', 'a: |\n    \n  b\n'],
    ['an indentation that fits nothing', 'a:\n    b: 1\n  c: 2\n'],
    ['depth without end', '['.repeat(5000)],
    ['prose', 'Hello\n'],
  ])('%s', (_title, text) => {
    expect(plainly(text)).toBeUndefined()
  })
})
