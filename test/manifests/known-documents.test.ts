/** Documents that are known are those that would be read, and are not read before they are needed. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { InputError } from '../../src/api/input-error.ts'
import type { Document, KnownDocument } from '../../src/manifests/document.ts'
import { readByDocuments } from '../../src/manifests/known-documents.ts'
import { parseManifests, readManifests } from '../../src/manifests/read.ts'
import { SharedStrings } from '../../src/manifests/shared-strings.ts'
import { scratchDirectory } from './scratch-directory.ts'
import { jsonValue } from './yaml-texts.ts'

const named = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  labels: {a: b}\n`
const noInput = (): string => {
  throw new Error('standard input was read')
}

/** Reads a text document by document. */
const read = (text: string, known: ReadonlyMap<string, KnownDocument> = new Map()): Document[] | undefined => {
  const bytes = Buffer.from(text)
  return readByDocuments({ file: 'a.yaml', bytes, again: () => bytes }, new SharedStrings(), known)
}

/** What a run leaves about documents for the next one. */
const rememberedOf = (documents: readonly Document[]): Map<string, KnownDocument> =>
  new Map(
    documents.flatMap(({ text }) => {
      if (text === undefined) return []
      const { digest, ...known } = text
      return [[digest, known]]
    }),
  )

const shown = (documents: readonly Document[] | undefined): unknown =>
  documents?.map(({ head, object, source, lineOf }) => ({ head, object, source, line: lineOf(['metadata', 'name']) }))

describe('a text that is read document by document', () => {
  const documents = fc
    .array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), data: jsonValue, comment: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((entries) =>
      entries.map(({ name, data, comment }) => {
        const head = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
        return `${comment ? '# a comment\n\n' : ''}${stringify({ ...head, data })}`
      }),
    )

  test('is what is read of it as a whole, and so is what is known of it', () => {
    let split = 0
    fc.assert(
      fc.property(documents, fc.boolean(), (texts, isMarked) => {
        const text = `${isMarked ? '---\n' : ''}${texts.join('---\n')}`
        const parts = read(text)
        if (parts === undefined) return
        split += 1
        const whole = parseManifests(text, 'a.yaml')
        expect(shown(parts)).toEqual(shown(whole))
        const again = read(text, rememberedOf(parts))
        expect(again?.map(({ isKnown }) => isKnown)).toEqual(parts.map(() => true))
        expect(shown(again)).toEqual(shown(whole))
      }),
      { numRuns: 300 },
    )
    expect(split).toBeGreaterThan(100)
  })

  test.each([
    ['with nothing between marks', `---\n---\n# nothing\n---\n${named('one')}`],
    ['that ends with a mark', `${named('one')}---\n`],
    ['that does not end with a line break', `${named('one')}---\n${named('two').trim()}`],
    ['with dashes in a block', `${named('one')}data:\n  text: |\n    ---\n    a\n---\n${named('two')}`],
    ['in JSON', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}'],
  ])('%s is taken apart', (_title, text) => {
    const parts = read(text)
    expect(parts).toBeDefined()
    expect(shown(parts)).toEqual(shown(parseManifests(text, 'a.yaml')))
    expect(shown(read(text, rememberedOf(parts ?? [])))).toEqual(shown(parts))
  })

  test.each([
    ['with a comment behind a mark', `${named('one')}--- # two\n${named('two')}`],
    ['with an end mark', `${named('one')}...\n---\n${named('two')}`],
    ['with a directive', `%YAML 1.2\n---\n${named('one')}`],
    ['with a directive later on', `${named('one')}...\n%YAML 1.2\n---\n${named('two')}`],
    ['with line ends of Windows', `${named('one')}---\n${named('two')}`.replaceAll('\n', '\r\n')],
    ['with a mark of byte order', `\uFEFF${named('one')}`],
    ['with a List', `apiVersion: v1\nkind: List\nitems:\n- ${named('one').trim().replaceAll('\n', '\n  ')}\n`],
    ['that only a library reads', `a: &b 1\n${named('one')}`],
  ])('%s is left to be read as a whole', (_title, text) => {
    expect(read(text)).toBeUndefined()
    expect(parseManifests(text, 'a.yaml').length).toBeGreaterThan(0)
  })

  test('is refused where a document is no object, with its line', () => {
    expect(() => read(`${named('one')}---\nkind: ConfigMap\n`)).toThrow(
      expect.objectContaining({ message: 'apiVersion is missing', where: 'a.yaml:7' }),
    )
  })
})

describe('a document that is known', () => {
  const text = `${named('one')}---\n${named('two')}`
  const write = (): string => scratchDirectory({ 'a.yaml': text })
  const known = rememberedOf(read(text) ?? [])

  test('is read when it is asked for, and not before', () => {
    const directory = write()
    const found = readManifests([directory], noInput, known)
    rmSync(join(directory, 'a.yaml'))
    expect(found.map(({ head, source }) => [head.metadata, source.line])).toEqual([
      [{ name: 'one', labels: { a: 'b' } }, 1],
      [{ name: 'two', labels: { a: 'b' } }, 7],
    ])
    expect(() => found[0]?.object).toThrow(InputError)
  })

  test('is refused where its file has become another meanwhile', () => {
    const directory = write()
    const [first, second] = readManifests([directory], noInput, known)
    writeFileSync(join(directory, 'a.yaml'), text.replace('two', 'zwei'))
    expect(first?.object).toMatchObject({ metadata: { name: 'one' } })
    expect(second?.lineOf(['metadata', 'name'])).toBe(7)
    expect(() => second?.object).toThrow(expect.objectContaining({ message: expect.stringContaining('has changed') }))
  })

  test('is another one as soon as one character differs', () => {
    const directory = scratchDirectory({ 'a.yaml': text.replace('{a: b}', '{a: c}') })
    expect(readManifests([directory], noInput, known).map(({ isKnown }) => isKnown)).toEqual([false, true])
  })

  test('is read from standard input, which cannot be read again', () => {
    const [first] = readManifests(['-'], () => text, known)
    expect([first?.isKnown, first?.object.metadata.name]).toEqual([true, 'one'])
  })
})
