import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/api/input-error.ts'
import { parseManifests, readManifests } from '../../src/manifests/read.ts'
import { scratchDirectory } from './scratch-directory.ts'

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n'
const named = (name: string): string => CONFIG_MAP.replace('settings', name)
const noInput = (): string => {
  throw new Error('standard input was read')
}

function refusalOf(work: () => unknown): { what: string; where: string | undefined; remedy: string | undefined } {
  try {
    work()
  } catch (error) {
    if (error instanceof InputError) return { what: error.message, where: error.where, remedy: error.remedy }
    throw error
  }
  throw new Error('nothing was refused')
}
const refusedText = (text: string): ReturnType<typeof refusalOf> => refusalOf(() => parseManifests(text, 'a.yaml'))
const names = (text: string): string[] => parseManifests(text, 'a.yaml').map(({ object }) => object.metadata.name)
const dataOf = (lines: string): unknown => parseManifests(`${CONFIG_MAP}data:\n${lines}`, 'a.yaml')[0]?.object['data']

describe('places in a file', () => {
  const text = `# a comment\n\n${CONFIG_MAP}---\n# another\n${named('second')}data:\n  # of this key\n  size: small\n  list:\n    - one\n    - two\n`
  const [first, second] = parseManifests(text, 'a.yaml')

  test('are the line of a document’s first key', () => {
    expect([first?.source, second?.source]).toEqual([
      { file: 'a.yaml', line: 3 },
      { file: 'a.yaml', line: 9 },
    ])
  })

  test('are the line of a value’s key, or of the nearest parent', () => {
    expect(second?.lineOf(['data', 'size'])).toBe(15)
    expect(second?.lineOf(['data', 'list', 1])).toBe(18)
    expect(second?.lineOf(['data', 'missing', 'deeper'])).toBe(13)
    expect(second?.lineOf([])).toBe(9)
  })

  test('are right in the items of a List', () => {
    const items = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: one}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: two\n`
    const [one, two] = parseManifests(items, 'a.yaml')
    expect([one?.source.line, two?.source.line, two?.lineOf(['metadata', 'name'])]).toEqual([4, 7, 10])
  })
})

describe('places in a file that was read some time ago', () => {
  const file = (directory: string): string => join(directory, 'a.yaml')
  const text = `${named('one')}---\n${named('two')}data:\n  a: b\n`

  test('are looked up when they are asked for', () => {
    const [, second] = readManifests([scratchDirectory({ 'a.yaml': text })], noInput)
    expect(second?.lineOf(['data', 'a'])).toBe(11)
  })

  test('follow a change that moved the object', () => {
    const directory = scratchDirectory({ 'a.yaml': text })
    const [, second] = readManifests([directory], noInput)
    writeFileSync(file(directory), `# one\n# two\n${text}`)
    expect(second?.lineOf(['data', 'a'])).toBe(13)
  })

  test.each<[title: string, change: (path: string) => void]>([
    ['became another', (path) => writeFileSync(path, text.replace('a: b', 'a: c'))],
    ['is gone', (path) => writeFileSync(path, named('one'))],
    ['cannot be read any more', (path) => writeFileSync(path, 'a: [')],
    ['is gone with its file', (path) => rmSync(path)],
  ])('are the line of the object where it %s', (_title, change) => {
    const directory = scratchDirectory({ 'a.yaml': text })
    const [, second] = readManifests([directory], noInput)
    change(file(directory))
    expect(second?.lineOf(['data', 'a'])).toBe(6)
  })

  test('are known of each of several files', () => {
    const directory = scratchDirectory({ 'a.yaml': named('a'), 'b.yaml': `# b\n${named('b')}` })
    const [a, b] = readManifests([directory], noInput)
    const line = (document: typeof a): number | undefined => document?.lineOf(['metadata', 'name'])
    expect([line(a), line(b), line(a)]).toEqual([4, 5, 4])
  })

  test('are known of standard input, which cannot be read again', () => {
    let reads = 0
    const [, second] = readManifests(['-'], () => {
      reads += 1
      return text
    })
    expect([second?.lineOf(['data', 'a']), reads]).toEqual([11, 1])
  })
})

test('a large file among small ones is read as a whole', () => {
  const filler = Array.from({ length: 5_000 }, (_, index) => `  k${index}: ${'x'.repeat(60)}\n`).join('')
  const directory = scratchDirectory({
    'a.yaml': named('a'),
    'b.yaml': `${named('b')}data:\n${filler}`,
    'c.yaml': named('c'),
  })
  const found = readManifests([directory], noInput)
  expect(found.map(({ object }) => object.metadata.name)).toEqual(['a', 'b', 'c'])
  expect(Object.keys(found[1]?.object['data'] as object)).toHaveLength(5_000)
})

describe('documents', () => {
  test.each<[title: string, text: string, expected: string[]]>([
    ['several', `${named('one')}---\n${named('two')}---\n${named('three')}`, ['one', 'two', 'three']],
    ['that begin and end with a mark', `---\n${named('one')}---\n`, ['one']],
    ['between marks with nothing in them', `---\n---\n# nothing\n---\n${named('one')}`, ['one']],
    ['with the ends of lines of Windows', named('one').replaceAll('\n', '\r\n'), ['one']],
    ['with a mark of byte order', `\uFEFF${named('one')}`, ['one']],
    ['with an end mark', `${named('one')}...\n---\n${named('two')}`, ['one', 'two']],
    ['in JSON', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}', ['one']],
    [
      'in JSON indented with tabs',
      '{\n\t"apiVersion": "v1",\n\t"kind": "ConfigMap",\n\t"metadata": {\n\t\t"name": "one"\n\t}\n}\n',
      ['one'],
    ],
    [
      'of a typed list',
      `apiVersion: v1\nkind: ConfigMapList\nitems:\n- ${named('one').trim().replaceAll('\n', '\n  ')}\n`,
      ['one'],
    ],
    ['of a list without items', 'apiVersion: v1\nkind: List\nitems: []\n', []],
    ['in an empty text', '', []],
    ['in a text of comments', '# nothing\n\n# at all\n', []],
    ['in a text of a mark', '---\n', []],
  ])('%s are read', (_title, text, expected) => {
    expect(names(text)).toEqual(expected)
  })

  test('keep what no client library knows', () => {
    const [document] = parseManifests(`${CONFIG_MAP}futureField: {nested: [1, 2]}\n`, 'a.yaml')
    expect(document?.object['futureField']).toEqual({ nested: [1, 2] })
  })

  test('keep surrogates that JSON escapes', () => {
    const json = String.raw`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"\ud83d\ude00 \/"}}`
    expect(parseManifests(json, 'a.json')[0]?.object['data']).toEqual({ a: '😀 /' })
  })
})

describe('values', () => {
  test('of YAML 1.1 are read as kubectl reads them', () => {
    expect(dataOf('  a: no\n  b: on\n  c: 0777\n  d: 12:30\n  e: 1e3\n  f: 2024-01-01\n  g: y\n  h: "no"\n')).toEqual({
      a: false,
      b: true,
      c: 511,
      d: '12:30',
      e: 1000,
      f: '2024-01-01',
      g: true,
      h: 'no',
    })
  })

  test('of anchors and merge keys are expanded', () => {
    expect(dataOf('  base: &base {a: "1", b: "2"}\n  more:\n    <<: *base\n    b: "3"\n')).toEqual({
      base: { a: '1', b: '2' },
      more: { a: '1', b: '3' },
    })
  })

  test('under a key of JavaScript’s own change nothing else', () => {
    const data = dataOf('  __proto__: {polluted: true}\n  constructor: x\n') as object
    expect(Object.keys(data)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('a text is refused', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...Array.from('bcdefghi').map(
      (letter, index) =>
        `${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(', ')}]`,
    ),
  ]

  test.each<[title: string, text: string, what: RegExp, where: string]>([
    ['with a key twice', `${CONFIG_MAP}kind: Secret\n`, /keys must be unique/i, 'a.yaml:5'],
    ['with a key twice further down', `${CONFIG_MAP}data:\n  a: x\n  a: y\n`, /keys must be unique/i, 'a.yaml:7'],
    ['with tabs for indentation', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: x\n', /tab/i, 'a.yaml:4'],
    [
      'with a tag that runs code elsewhere',
      `${CONFIG_MAP}data:\n  a: !!js/function "function () {}"\n`,
      /js\/function/,
      'a.yaml:6',
    ],
    ['with a tag that is not JSON', `${CONFIG_MAP}data:\n  a: !!binary aGk=\n`, /binary/, 'a.yaml:6'],
    ['with an alias bomb', `${CONFIG_MAP}${bomb.join('\n')}\n`, /aliases/, 'a.yaml:1'],
    ['with an alias of nothing', `${CONFIG_MAP}data: *nothing\n`, /alias/i, 'a.yaml:1'],
    ['cut off in a quote', `${CONFIG_MAP}data:\n  a: "tex`, /quote/i, 'a.yaml:6'],
    ['cut off in JSON', '{"apiVersion": "v1", "kind": "Conf', /quote|flow/i, 'a.yaml:1'],
    ['cut off before its name', 'apiVersion: v1\nkind: ConfigMap\nmetada', /./, 'a.yaml:3'],
    ['that is no object', '- a\n- b\n', /not a Kubernetes object/, 'a.yaml:1'],
    ['that is prose', 'Hello\n', /not a Kubernetes object/, 'a.yaml:1'],
    ['without a version', 'kind: ConfigMap\nmetadata: {name: x}\n', /^apiVersion is missing$/, 'a.yaml:1'],
    ['without a kind', '\napiVersion: v1\nmetadata: {name: x}\n', /^kind is missing$/, 'a.yaml:2'],
    [
      'without a name',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n',
      /^metadata.name of the ConfigMap is missing$/,
      'a.yaml:1',
    ],
    [
      'without metadata',
      'apiVersion: v1\nkind: ConfigMap\n',
      /^metadata.name of the ConfigMap is missing$/,
      'a.yaml:1',
    ],
    [
      'with a name that YAML takes for something else',
      CONFIG_MAP.replace('settings', 'no'),
      /^metadata.name of the ConfigMap is not text but false$/,
      'a.yaml:1',
    ],
    [
      'with a namespace that is a number',
      `${CONFIG_MAP}  namespace: 12\n`,
      /^metadata.namespace is not text but 12$/,
      'a.yaml:1',
    ],
    [
      'with a list that holds nothing',
      'apiVersion: v1\nkind: List\nitems:\n- null\n',
      /not a Kubernetes object/,
      'a.yaml:4',
    ],
    [
      'with a number that cannot be carried exactly',
      `${CONFIG_MAP}data:\n  a: 9007199254740993\n`,
      /too large/,
      'a.yaml:6',
    ],
    ['with an infinite number', `${CONFIG_MAP}data:\n  a: .inf\n`, /JSON/, 'a.yaml:6'],
  ])('%s', (_title, text, what, where) => {
    const refusal = refusedText(text)
    expect(refusal.what).toMatch(what)
    expect(refusal.where).toBe(where)
    expect(refusal.remedy).toBeDefined()
  })

  test('as a whole, also where only its last document is broken', () => {
    expect(refusedText(`${named('one')}---\n${named('two')}---\nkind: x\n`).where).toBe('a.yaml:11')
  })
})

describe('files', () => {
  test('of a directory are read in the order of their names, whatever their depth', () => {
    const directory = scratchDirectory({
      'b.yaml': named('b'),
      'a.yml': named('a'),
      'sub/c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}',
      'README.md': 'not a manifest',
      'values.yaml.bak': 'not: one',
    })
    const found = readManifests([directory], noInput)
    expect(found.map(({ object }) => object.metadata.name)).toEqual(['a', 'b', 'c'])
    expect(found[2]?.source.file).toBe(join(directory, 'sub/c.json'))
  })

  test('are read in the order in which they are named, and whatever they are called', () => {
    const directory = scratchDirectory({ 'z.txt': named('z'), 'a.yaml': named('a') })
    const paths = [join(directory, 'z.txt'), join(directory, 'a.yaml')]
    expect(readManifests(paths, noInput).map(({ object }) => object.metadata.name)).toEqual(['z', 'a'])
  })

  test('that are links are followed, as a mounted ConfigMap needs', () => {
    const directory = scratchDirectory({ '..data/settings.yaml': named('linked') })
    symlinkSync(join('..data', 'settings.yaml'), join(directory, 'settings.yaml'))
    const found = readManifests([directory], noInput)
    expect(found.map(({ source }) => source.file)).toContain(join(directory, 'settings.yaml'))
  })

  test('below a link to a directory are not read, so that a circle of links ends', () => {
    const directory = scratchDirectory({ 'a.yaml': named('a') })
    symlinkSync('.', join(directory, 'circle.yaml'))
    expect(readManifests([directory], noInput)).toHaveLength(1)
  })

  test('come from standard input with -', () => {
    expect(readManifests(['-'], () => `\uFEFF${named('piped')}`)[0]?.source).toEqual({ file: '-', line: 1 })
    expect(refusalOf(() => readManifests(['-'], () => '')).what).toBe('no manifests found')
  })

  test('that do not exist are named, with what to do', () => {
    expect(refusalOf(() => readManifests(['/nowhere/at-all'], noInput))).toMatchObject({
      what: '/nowhere/at-all does not exist',
      remedy: 'check the path given with -f',
    })
    expect(refusalOf(() => readManifests(['dist-that-is-not'], noInput)).what).toMatch(/does not exist/)
  })

  test('are missed in a directory without any', () => {
    const directory = scratchDirectory({ 'README.md': 'x' })
    expect(refusalOf(() => readManifests([directory], noInput))).toMatchObject({
      what: 'no manifests found',
      where: directory,
    })
  })

  test('that are pipes are refused instead of waited for', () => {
    const directory = scratchDirectory()
    const pipe = join(directory, 'pipe.yaml')
    execFileSync('mkfifo', [pipe])
    expect(refusalOf(() => readManifests([pipe], noInput)).what).toMatch(/neither a file nor a directory/)
    expect(refusalOf(() => readManifests([directory], noInput)).what).toMatch(/neither a file nor a directory/)
    expect(refusalOf(() => readManifests(['/dev/null'], noInput)).what).toMatch(/neither a file nor a directory/)
  })

  test('that are links to themselves or to nothing are refused', () => {
    const directory = scratchDirectory()
    symlinkSync('loop.yaml', join(directory, 'loop.yaml'))
    expect(refusalOf(() => readManifests([join(directory, 'loop.yaml')], noInput)).what).toMatch(
      /cannot be read \(ELOOP\)/,
    )
    expect(refusalOf(() => readManifests([directory], noInput)).what).toMatch(/cannot be read \(ELOOP\)/)
    const other = scratchDirectory()
    symlinkSync('gone.yaml', join(other, 'link.yaml'))
    expect(refusalOf(() => readManifests([other], noInput)).what).toMatch(/link to nothing/)
  })

  test('whose path cannot be one are refused', () => {
    expect(refusalOf(() => readManifests(['x'.repeat(5000)], noInput)).what).toMatch(/cannot be read \(ENAMETOOLONG\)/)
    const directory = scratchDirectory({ 'a.yaml': named('a') })
    expect(refusalOf(() => readManifests([join(directory, 'a.yaml', 'b')], noInput)).what).toMatch(
      /does not exist|ENOTDIR/,
    )
  })

  test('larger than 64 MiB are refused without being read', () => {
    const file = join(scratchDirectory(), 'large.yaml')
    writeFileSync(file, '')
    truncateSync(file, 64 * 1024 * 1024 + 1)
    expect(refusalOf(() => readManifests([file], noInput)).what).toMatch(/larger than 64 MiB/)
  })

  test('that are not UTF-8 are refused instead of altered', () => {
    const file = join(scratchDirectory(), 'latin1.yaml')
    writeFileSync(file, Buffer.from(`${named('x')}data:\n  a: gr\u00f6\u00dfe\n`, 'latin1'))
    expect(refusalOf(() => readManifests([file], noInput)).what).toMatch(/is not UTF-8/)
  })

  test('beside one that cannot be read are not read either', () => {
    const directory = scratchDirectory({ 'a.yaml': named('a') })
    mkdirSync(join(directory, 'sub'))
    writeFileSync(join(directory, 'sub', 'broken.yaml'), 'a: [')
    expect(refusalOf(() => readManifests([directory], noInput)).where).toMatch(/broken.yaml:\d+$/)
  })
})
