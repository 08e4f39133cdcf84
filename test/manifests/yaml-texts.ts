import { Yaml } from 'cdk8s'
import fc from 'fast-check'
import { stringify } from 'yaml'

/** Rows of pieces between middle dots, which nothing here holds. */
const pieces = (...rows: string[]): string[] => rows.flatMap((row) => row.split('·'))

const WORDS = pieces(
  'y·no·On·true·null·~·0·-0·007·0o7·0x1F·1_000·1e3·1e400·.5·.inf·12:30·2024-01-01·9007199254740993·10Gi·16.4·=',
  '<<·__proto__·constructor·-·--x·a: b·a:·:a·a #b·a#b·#·- a·? a·it\'s·"a"·a "b"·{a}·[a]·a, b·---·...·|·>·&a·*a·!a',
  '%a·@a·`a·\\·\t·a\tb· a·a ··ä·漢字·😀·\u2028·\u0085·\uFEFF·\u00A0·\uD83D·\u0000·\u007F·a\\nb·$(PGCONF)/start.sh',
  'postgres:18.4-trixie',
)

const LINES = pieces('a· a·  a·\ta·a ·· ·   ·# a·---·...·a: b·- a·"·äö·#!/bin/sh')

export const scalarText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...LINES), { maxLength: 6 }).map((lines) => lines.join('\n')) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }).map((words) => words.join(' ')) },
  { weight: 1, arbitrary: fc.constantFrom(90, 1030).map((length) => 'word '.repeat(length / 5)) },
)

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('apiVersion', 'kind', 'metadata', 'name', 'items', 'data', 'spec', 'a.b/c') },
  { weight: 1, arbitrary: scalarText },
)

const scalar = fc.oneof(
  { weight: 4, arbitrary: scalarText },
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Any value that JSON can say, of texts that YAML takes for something else where it can. */
export const { value: jsonValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}))

/** Values that stand at the root of documents. */
export const rootValue = fc.oneof(
  { weight: 8, arbitrary: fc.dictionary(key, jsonValue, { minKeys: 1, maxKeys: 5 }) },
  { weight: 1, arbitrary: jsonValue },
)

const options = fc.record(
  {
    version: fc.constantFrom('1.1', '1.2'),
    schema: fc.constantFrom('core', 'failsafe', 'yaml-1.1'),
    indent: fc.integer({ min: 1, max: 5 }),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    minContentWidth: fc.constantFrom(0, 20),
    collectionStyle: fc.constantFrom('any', 'block', 'flow'),
    flowCollectionPadding: fc.boolean(),
    blockQuote: fc.constantFrom<(boolean | 'folded' | 'literal')[]>(true, false, 'folded', 'literal'),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
    defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
    singleQuote: fc.constantFrom(true, false, null),
    doubleQuotedAsJSON: fc.boolean(),
    directives: fc.constantFrom(true, null),
    nullStr: fc.constantFrom('null', '~', ''),
    simpleKeys: fc.boolean(),
    aliasDuplicateObjects: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** What a writer makes of a value; '' where it refuses the combination. */
const written = fc
  .tuple(rootValue, fc.oneof(options, fc.constantFrom('cdk8s', 'json', 'pretty', 'tabs')))
  .map(([value, style]): string => {
    if (style === 'cdk8s') return Yaml.stringify(value)
    if (style === 'json') return JSON.stringify(value)
    if (style === 'pretty') return `${JSON.stringify(value, undefined, 2)}\n`
    if (style === 'tabs') return `${JSON.stringify(value, undefined, '\t')}\n`
    if (typeof style !== 'object') return ''
    try {
      return stringify(value, style)
    } catch {
      // Some options exclude each other, some values cannot be written with them.
      return ''
    }
  })

/** Texts of several documents, as programs write them. */
export const writtenText = fc
  .tuple(
    fc.array(written, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('---\n', '\n---\n', '--- \n', '---\n# Source: a\n', '...\n---\n'),
    fc.boolean(),
  )
  .map(([texts, mark, isMarkedFirst]) => (isMarkedFirst ? mark : '') + texts.join(mark))

const PIECES = pieces(
  ' ·  ·\n·\n\n·\t·\r·:·: ·- ·#· #· # c·"·\'·|·>·|\n·>-\n·|+\n·{·}·[·]·,·, ·?·? ·&a ·*a·!·!!str ·---\n·\n---\n·...\n',
  '%YAML 1.1\n·a·a: b\n·\n# c\n·\\·\\n·\\x41·<<: ·null·~·0·-·+·2·  a: b\n·- a\n·\uFEFF',
)

interface Mutation {
  readonly kind: 'insert' | 'remove' | 'replace' | 'indent' | 'dedent' | 'repeat' | 'cut'
  /** Where, as a part of the length. */
  readonly place: number
  readonly piece: string
  readonly length: number
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('insert', 'remove', 'replace', 'indent', 'dedent', 'repeat', 'cut'),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  piece: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...PIECES) },
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  ),
  length: fc.integer({ min: 1, max: 8 }),
})

function mutate(text: string, { kind, place, piece, length }: Mutation): string {
  const at = Math.floor(place * text.length)
  const line = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at) + 1 || text.length
  if (kind === 'insert') return text.slice(0, at) + piece + text.slice(at)
  if (kind === 'remove') return text.slice(0, at) + text.slice(at + length)
  if (kind === 'replace') return text.slice(0, at) + piece + text.slice(at + piece.length)
  if (kind === 'indent') return `${text.slice(0, line)}${' '.repeat(length)}${text.slice(line)}`
  if (kind === 'dedent') return text.slice(0, line) + text.slice(line).replace(new RegExp(`^ {1,${length}}`), '')
  if (kind === 'repeat') return text.slice(0, end) + text.slice(line, end) + text.slice(end)
  return text.slice(0, at)
}

/** Texts that were written by a program, and then changed here and there. */
export const mutatedText = fc
  .tuple(writtenText, fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([text, mutations]) => mutations.reduce(mutate, text))

/** A line of pieces, most of them where they belong. */
const assembledLine = fc
  .tuple(
    fc.constantFrom(...pieces('· ·  ·   ·    ')),
    fc.constantFrom(...pieces('··a: ·b:·- ·- a: ·-·- - ·"a": ·\'b\': ·# c·c: |·c: >-·- |2·d: # e')),
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom('', 'x', '7', 'x y', '"x"', '{}') }, fc.constantFrom(...WORDS)),
    fc.oneof({ weight: 6, arbitrary: fc.constant('') }, fc.constantFrom(...PIECES)),
  )
  .map((parts) => parts.join(''))

/** Texts of lines that look like YAML and may be none. */
export const assembledText = fc.array(assembledLine, { maxLength: 7 }).map((lines) => `${lines.join('\n')}\n`)

const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const SCRIPT = Array.from(
  { length: 12 },
  (_, index) => `echo ${index} # of a script that is long enough to be remembered`,
)

/** Texts with a long block that others hold too, or nearly so, and with something after it that may belong to it. */
export const scriptText = fc
  .record({
    indent: fc.integer({ min: 0, max: 3 }),
    header: fc.constantFrom('|', '|-', '|+', '>', '>-', '|2', '|1-', '|3'),
    change: seldom(fc.tuple(fc.nat(11), fc.constantFrom('', ' ', '  x', '\tx', 'x: y', '# c', '---'))),
    dedent: seldom(fc.nat(11)),
    after: fc.array(
      fc.constantFrom('', ' ', '    ', '      ', '# c', '    # c', 'z: 1', ' z: 1', '    z', '\t', '---'),
      {
        maxLength: 3,
      },
    ),
    isEnded: fc.boolean(),
  })
  .map(({ indent, header, change, dedent, after, isEnded }) => {
    const lines = SCRIPT.map((line, index) => {
      const changed = change?.[0] === index ? change[1] : line
      return changed === '' ? '' : `${' '.repeat(indent + (index === dedent ? 0 : 2))}${changed}`
    })
    return [`${' '.repeat(indent)}a: ${header}`, ...lines, ...after].join('\n') + (isEnded ? '\n' : '')
  })
  .map((text) => (text.startsWith(' ') ? `root:\n${text}` : text))
