import { Yaml } from 'cdk8s'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeYaml } from '../../src/synthesis/yaml-writer.ts'
import { manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { rootValue, scalarText } from '../manifests/yaml-texts.ts'

/** Values of each kind. More are tried with YAML_WRITER_RUNS. */
const RUNS = Number(process.env['YAML_WRITER_RUNS'] ?? 3000)

let written = 0
let tried = 0

/** Writes it both ways: what the fast writer takes on must be what the library writes. */
function compare(value: unknown): void {
  const ours = writeYaml(value)
  tried += 1
  if (ours === undefined) return
  written += 1
  const theirs = Yaml.stringify(value)
  if (ours !== theirs) throw new Error(`${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`)
}

/** The text as a value at several depths, as an item and as a key. */
const everywhere = (text: string): Readonly<Record<string, unknown>>[] => [
  { a: text },
  { a: { b: { c: text } }, d: text },
  { a: [text, [text], { b: text, c: [text] }] },
  { [text]: 1 },
  { a: { [text]: text } },
  { a: [{ [text]: { b: 1 } }] },
]

/** Characters that matter to YAML, alone and next to each other. */
const fragments = fc
  .array(
    fc.constantFrom(
      ...`a·B·0·7·9·.·-·+·_·:· ·  ·\n·\t·#·"·'·\\·{·]·,·&·*·!·|·>·%·@·?·=·<<·~·e·E·x·o·b·T·Z·no·on·y·null·true`.split(
        '·',
      ),
      ...'`·.inf·.NaN·12·:30·2024·-01-01·---·...·\n\n· \n·\r·\u0000·\u007F·\u0085·\u00A0·\u2028·\uFEFF·\uD83D'.split(
        '·',
      ),
      ...'\uDE00·😀·ü·漢·__proto__·$&'.split('·'),
    ),
    { maxLength: 7 },
  )
  .map((parts) => parts.join(''))

const numeric = fc.stringMatching(/^[-+]?[0-9.]?[-+0-9._:eExobTZ ]{0,9}$/)

const timestamp = fc.stringMatching(
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([tT ]{1,2}[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?( ?(Z|[-+][012]?[0-9](:[0-9]{2})?))?)?$/,
)

describe('what is written fast is what the library writes', () => {
  test.each([
    ['of texts made of what matters to YAML', fragments, 0.5],
    ['of texts of all kinds', scalarText, 0.5],
    ['of texts of any character', fc.string({ unit: 'binary', maxLength: 6 }), 0.3],
    ['of texts that look like numbers', numeric, 0.9],
    ['of texts that look like times', timestamp, 0.9],
  ])('%s', (_title, texts, share) => {
    ;[written, tried] = [0, 0]
    fc.assert(
      fc.property(texts, (text) => everywhere(text).forEach(compare)),
      { numRuns: RUNS },
    )
    expect(written / tried).toBeGreaterThan(share)
  })

  test('of whole documents', () => {
    ;[written, tried] = [0, 0]
    fc.assert(fc.property(rootValue, compare), { numRuns: RUNS })
    expect(written / tried).toBeGreaterThan(0.2)
  })

  test('of numbers', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-0, 1e21, 1e-7, 2 ** 53))
    fc.assert(
      fc.property(number, (value) => compare({ a: value, b: [value] })),
      { numRuns: RUNS },
    )
  })

  test('of keys as long as they may be on one line, and longer', () => {
    for (const length of [1022, 1023, 1024, 1025, 1030])
      compare({ ['k'.repeat(length)]: 1, [`${'k'.repeat(length)} `]: [] })
  })

  test.each(Object.entries(SCENARIOS))('of every object of %s, without help', (name, props) => {
    for (const manifest of manifestsOf(name, props)) expect(writeYaml(manifest)).toBe(Yaml.stringify(manifest))
  })
})

describe('what is left to the library', () => {
  const shared = { a: 1 }
  const list = [1]
  const circle: Record<string, unknown> = {}
  circle['circle'] = circle

  test.each<[title: string, value: unknown]>([
    ['a map that stands twice: it gets an anchor', { a: shared, b: shared }],
    ['a list that stands twice', { a: list, b: [list] }],
    ['a circle', circle],
    ['an empty document', {}],
    ['a list at the root', [1]],
    ['a text at the root', 'a'],
    ['a date', { a: new Date(0) }],
    ['a map of JavaScript', { a: new Map([['b', 1]]) }],
    ['bytes', { a: new Uint8Array([1]) }],
    ['a function', { a: (): number => 1 }],
    ['a value that is undefined', { a: undefined, b: 1 }],
    ['an item that is undefined', { a: [undefined] }],
    ['a big integer', { a: 1n }],
    ['what is no number', { a: Number.NaN }],
    ['a number without end', { a: Number.POSITIVE_INFINITY }],
    ['control characters', { a: 'b\u0000' }],
    ['half of a character', { a: '\uD83D' }],
    ['a key of several lines', { 'a\nb': 1 }],
    ['a text of white space', { a: '\n \n' }],
  ])('%s', (_title, value) => {
    expect(writeYaml(value)).toBeUndefined()
  })

  test('a document too deep for the stack', () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep]
    expect(writeYaml({ a: deep })).toBeUndefined()
  })
})
