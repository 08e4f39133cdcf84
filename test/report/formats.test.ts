import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { applyPatch } from 'diff'
import { parse } from 'yaml'
import { EXIT } from '../../src/api/exit-code.ts'
import type { Event } from '../../src/report/event.ts'
import { FORMATS, formatFailedReport, formatsOf, needsDocuments, parseFormat } from '../../src/report/format.ts'
import { formatSortedYaml } from '../../src/report/yaml.ts'
import { FAILED, NOW, UPDATE, change, finished, planned, printedAs } from './plans.ts'

const STARTED: Event = {
  type: 'started',
  context: 'kind-dev',
  server: 'https://127.0.0.1:6443',
  namespace: 'shop',
  objects: 1,
  source: 'dist',
  manager: 'cdk8s-database',
}

const EVERYTHING: readonly Event[] = [
  STARTED,
  { type: 'warning', message: 'careful' },
  planned([UPDATE, change('unchanged')]),
  { type: 'applied', object: UPDATE.object, action: 'update' },
  { type: 'transition', database: 'shop/orders', from: undefined, to: 'Pending', reason: 'Seen', message: '' },
  { type: 'waiting', database: 'shop/orders', phase: 'Deploying', reason: 'PodStarting', message: '' },
  FAILED,
  finished({ updated: 1, failed: 1 }),
]

/** Whether standard output is what its format promises. @throws where a parser refuses it */
function check(format: string, text: string): void {
  if (format === 'json') JSON.parse(text)
  if (format === 'yaml') parse(text)
  if (format === 'jsonl') for (const line of text.trimEnd().split('\n')) JSON.parse(line)
  if (format === 'name') for (const line of text.split('\n')) expect(line).toMatch(/^$|^[a-z.]+\/[\w.-]+$/)
  if (format === 'markdown') expect(text.split('\n')[0]).toMatch(/^<!-- cdk8s-database \w+ -->$/)
  if (format === 'junit') {
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites /)
    expect(text.trimEnd().endsWith('</testsuites>')).toBe(true)
    const tags = (pattern: RegExp): string => Array.from(text.matchAll(pattern), ([, tag]) => tag).join(' ')
    const [opened, closed] = [tags(/<(\w+)(?: [^>]*[^/])?>/g), tags(/<\/(\w+)>/g)]
    expect(opened.split(' ')).toHaveLength(closed.split(' ').length)
  }
}

describe('every format', () => {
  test.each(FORMATS)('%s is valid wherever a run ends', async (format) => {
    for (let length = 0; length <= EVERYTHING.length; length += 1) {
      const cut: Event[] = [
        ...EVERYTHING.slice(0, length),
        { type: 'aborted', what: 'gone', where: 'a', remedy: 'b', exitCode: EXIT.usage },
      ]
      const { data, messages } = await printedAs(format, cut)
      check(format, data)
      expect(data + messages).toContain('gone')
    }
  })

  test.each(FORMATS)('%s is valid where a run never began', async (format) => {
    const text = await formatFailedReport(format, 'DiffReport', { what: 'unknown flag' }, EXIT.usage, () => NOW)
    if (text !== '') check(format, text)
    expect(text === '').toBe(['human', 'name', 'diff'].includes(format))
  })

  test('is refused in one line where a command has none of it', async () => {
    expect(() => parseFormat('xml', 'DiffReport')).toThrow('-o xml is not a format')
    expect(() => parseFormat('junit', 'DeleteReport')).toThrow('delete has no -o junit')
    expect(() => parseFormat('name', 'StatusReport')).toThrow('status has no -o name')
    expect(parseFormat(undefined, 'StatusReport')).toBe('human')
    expect(formatsOf('ReleaseReport')).toContain('name')
    expect(await formatFailedReport('junit', 'DeleteReport', { what: '' }, EXIT.usage, () => NOW)).toBe('')
    expect(FORMATS.filter((format) => needsDocuments(format))).toEqual(['diff', 'markdown'])
  })

  test.each(['json', 'jsonl', 'yaml'] as const)('%s never holds the documents of a plan', async (format) => {
    expect((await printedAs(format, EVERYTHING)).data).not.toContain('documents')
  })
})

describe('-o jsonl', () => {
  test('is a line for each fact, with its version and time', async () => {
    const { data } = await printedAs('jsonl', EVERYTHING)
    const lines = data
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ type }) => type)).toEqual([
      'started',
      'warning',
      'change',
      'change',
      'planned',
      'applied',
      'transition',
      'waiting',
      'failed',
      'finished',
    ])
    for (const line of lines)
      expect(line).toMatchObject({
        apiVersion: 'cli.database.example.com/v1',
        kind: 'DiffEvent',
        time: '2026-01-01T09:30:00Z',
      })
    expect(lines[4]).toMatchObject({ update: 1, unchanged: 1 })
  })
})

describe('-o yaml', () => {
  test('is the document of -o json', async () => {
    const [json, yaml] = [await printedAs('json', EVERYTHING), await printedAs('yaml', EVERYTHING)]
    expect(parse(yaml.data)).toEqual(JSON.parse(json.data))
  })
})

describe('-o name', () => {
  const database = change('create', {
    object: { apiVersion: 'database.example.com/v1', kind: 'Database', namespace: 'shop', name: 'orders' },
  })
  const plan = planned([
    UPDATE,
    database,
    change('unchanged'),
    change('conflict', { object: { ...UPDATE.object, name: 'b' } }),
  ])

  test('is what would change where nothing is written, as kubectl names it', async () => {
    const { data } = await printedAs('name', [plan, finished({ pending: 3 })])
    expect(data).toBe('statefulset.apps/orders\ndatabase.database.example.com/orders\n')
  })

  test('is what was changed, once each, where something is written', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'orders' }
    const applied: Event[] = [
      { type: 'applied', object: secret, action: 'create' },
      { type: 'applied', object: UPDATE.object, action: 'update' },
      { type: 'applied', object: secret, action: 'update' },
    ]
    const { data, messages } = await printedAs('name', [plan, ...applied, FAILED, finished({ created: 1 })])
    expect(data).toBe('secret/orders\nstatefulset.apps/orders\n')
    expect(messages).toContain('error: StatefulSet shop/orders: Invalid')
  })
})

describe('-o diff', () => {
  test('is a unified diff that patch can apply', async () => {
    const { data } = await printedAs('diff', [planned([UPDATE])])
    expect(data).toBe(
      [
        '# ~ update StatefulSet shop/orders · impact restart',
        '--- LIVE/apps.v1.StatefulSet.shop.orders',
        '+++ MERGED/apps.v1.StatefulSet.shop.orders',
        '@@ -1,3 +1,3 @@',
        ' apiVersion: apps/v1',
        ' spec:',
        '-  replicas: 2',
        '+  replicas: 1',
        '',
      ].join('\n'),
    )
    const patch = data.slice(data.indexOf('---'))
    const { before, after } = UPDATE.documents ?? {}
    expect(applyPatch(formatSortedYaml(before), patch)).toBe(formatSortedYaml(after))
  })

  test('shows an object that comes as added, and one without documents by its fields', async () => {
    const created = change('create', { documents: { before: undefined, after: { kind: 'StatefulSet' } } })
    const { documents: _, ...fields } = UPDATE
    const { data } = await printedAs('diff', [planned([created, fields, change('refused', { note: 'quota' })])])
    expect(data).toContain('@@ -0,0 +1,1 @@\n+kind: StatefulSet\n')
    expect(data).toContain(
      '#   spec.replicas  restart  (owned by kubectl-edit, Update, 3 min ago)\n#     - 2\n#     + 1\n',
    )
    expect(data).toContain('# ! refused StatefulSet shop/orders · quota\n')
  })

  test('gives up on the shortest comparison of documents that have nothing in common', async () => {
    const lines = (seed: number): object =>
      Object.fromEntries(Array.from({ length: 6000 }, (_, at) => [`key${(at * seed) % 7919}`, `${at * seed}`]))
    const started = performance.now()
    const documents = { before: lines(31), after: lines(37) }
    const { data } = await printedAs('diff', [planned([change('update', { documents })])])
    expect(performance.now() - started).toBeLessThan(10_000)
    const patched = applyPatch(formatSortedYaml(documents.before), data.slice(data.indexOf('---')))
    expect(patched).toBe(formatSortedYaml(documents.after))
  })
})

describe('-o markdown', () => {
  const evil = '```\n</details>\n# hacked @everyone <img src=x onerror=1> | [a](b) ````'

  test('begins with the mark by which a comment is replaced, and counts', async () => {
    const { data } = await printedAs('markdown', [
      STARTED,
      planned([UPDATE, change('unchanged')]),
      finished({ pending: 1 }),
    ])
    expect(data.split('\n')[0]).toBe('<!-- cdk8s-database diff -->')
    expect(data).toContain('### cdk8s-database diff: 1 of 2 objects would change')
    expect(data).toContain('| ~ update | 1 | <code>StatefulSet</code> |')
    expect(data).toContain('<details><summary>~ update <code>StatefulSet shop/orders</code> · impact <b>restart</b>')
    expect(data).toContain('```diff\n# ~ update')
    expect(data).toContain('-  replicas: 2\n+  replicas: 1\n```\n\n</details>')
  })

  test('gives no text of an object a way out of its block, cell or line', async () => {
    const changes = [
      change('update', {
        note: evil,
        source: evil,
        object: { ...UPDATE.object, kind: 'A|b`c' },
        documents: { before: { a: evil }, after: { a: `${evil}!` } },
      }),
      change('conflict', { differences: [{ path: 'a', before: evil, after: 'b', owners: [] }] }),
    ]
    const events: Event[] = [{ ...FAILED, message: evil, remedy: evil } as Event, { type: 'warning', message: evil }]
    const { data } = await printedAs('markdown', [planned(changes), ...events, finished()])
    const outside = data.replaceAll(/^(`{3,})diff\n[\s\S]*?\n\1$/gm, '')
    expect(data.match(/^`{5}diff$/gm)).toHaveLength(2)
    expect(outside).not.toMatch(/hacked @|<img|`|\]\(|A\|b/)
    expect(outside.match(/<\/details>/g)).toHaveLength(2)
  })

  test('is cut to what a comment may hold, at the end of an entry, and says so', async () => {
    const many = Array.from({ length: 3000 }, (_, at) => ({
      ...UPDATE,
      object: { ...UPDATE.object, name: `orders-${at}` },
    }))
    const { data } = await printedAs('markdown', [planned(many), finished({ pending: 3000 })])
    expect(data.length).toBeLessThanOrEqual(65_536)
    expect(data.length).toBeGreaterThan(60_000)
    expect(data).toMatch(/✂️ [\d,]+ of 3,000 entries are left out/)
    expect(data.match(/<details>/g)?.length).toBe(data.match(/<\/details>/g)?.length)
    const huge = {
      before: undefined,
      after: Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`k${at}`, 'x'.repeat(99)])),
    }
    const single = await printedAs('markdown', [
      planned([change('create', { documents: huge })]),
      finished({ pending: 1 }),
    ])
    expect(single.data.length).toBeLessThanOrEqual(65_536)
    expect(single.data).toContain('more lines')
  })
})

describe('-o github', () => {
  const directory = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'summary-'))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  test('annotates the line of a manifest, with everything escaped', async () => {
    const odd: Event = { ...FAILED, where: 'dist/a,b%.yaml:4', message: 'x\r\ny' } as Event
    const { data } = await printedAs('github', [
      planned([UPDATE]),
      FAILED,
      odd,
      { type: 'warning', message: 'careful\n::error::no' },
    ])
    expect(data).toContain('::group::plan: 0 create, 1 update')
    expect(data).toContain('::endgroup::')
    expect(data).toContain(
      '::warning file=dist/orders.k8s.yaml,line=41,title=impact%3A restart::update StatefulSet shop/orders',
    )
    expect(data).toContain(
      '::error file=dist/orders.k8s.yaml,line=41,title=StatefulSet shop/orders%3A Invalid::100%25 wrong: <a>, "b" & `c`%0Atry: correct it',
    )
    expect(data).toContain('::error file=dist/a%2Cb%25.yaml,line=4,title=')
    expect(data).toContain('::x%0D%0Ay%0A')
    expect(data.split('\n').filter((line) => /^\s*::error::no/.test(line))).toEqual([])
  })

  test('lets nobody else give commands', async () => {
    const events: Event[] = [
      {
        type: 'waiting',
        database: '::stop-commands::x',
        phase: 'Deploying',
        reason: '',
        message: '\n::set-env name=A::b ##[add-path]/x',
      },
      planned(
        [
          change('update', {
            note: '\n::add-mask::x',
            differences: [{ path: '::add-path', before: '::warning::', after: 'a\n::error::b', owners: [] }],
          }),
        ],
        true,
      ),
    ]
    const { data } = await printedAs('github', events)
    const commands = data.split('\n').filter((line) => /^\s*::/.test(line) || line.includes('##['))
    expect(commands.map((line) => line.split('::')[1])).toEqual(['group', 'endgroup'])
  })

  test('appends a table to the summary of the step, up to what GitHub takes', async () => {
    const stepSummary = join(directory(), 'summary.md')
    writeFileSync(stepSummary, 'before\n')
    await printedAs('github', [planned([UPDATE]), finished({ pending: 1 })], { stepSummary })
    expect(readFileSync(stepSummary, 'utf8')).toMatch(
      /^before\n<!-- cdk8s-database diff -->\n[\s\S]*\| ~ update \| 1 \|/,
    )
    writeFileSync(stepSummary, 'é'.repeat(500_000))
    const many = Array.from({ length: 2000 }, (_, at) => ({ ...UPDATE, object: { ...UPDATE.object, name: `é${at}` } }))
    await printedAs('github', [planned(many), finished()], { stepSummary })
    const { length } = readFileSync(stepSummary)
    expect(length).toBeLessThanOrEqual(1_048_576)
    expect(length).toBeGreaterThan(1_000_000)
  })

  test('does not fail for a summary that cannot be written', async () => {
    const { data } = await printedAs('github', [planned([])], { stepSummary: directory() })
    expect(data).toContain('::warning title=step summary::the summary could not be written')
  })
})

describe('-o junit', () => {
  test('is a case for each object; with diff it fails where the object would change', async () => {
    const { data } = await printedAs('junit', [planned([UPDATE, change('unchanged')]), finished({ seconds: 1.5 })])
    expect(data).toContain('<testsuites name="cdk8s-database diff" tests="2" failures="1" errors="0" time="1.500">')
    expect(data).toContain(
      '<testcase classname="apps/v1.StatefulSet" name="shop/orders" file="dist/orders.k8s.yaml" line="41">',
    )
    expect(data).toContain('<failure type="update" message="would update: impact restart">spec.replicas  restart')
    expect(data).toContain('<testcase classname="apps/v1.StatefulSet" name="shop/orders"/>')
  })

  test('with apply a case fails where the object failed', async () => {
    const other: Event = { ...FAILED, subject: 'Database shop/orders', where: '-' } as Event
    const { data } = await printedAs('junit', [planned([UPDATE]), FAILED, other, finished()], { kind: 'ApplyReport' })
    expect(data).toContain('tests="2" failures="2" errors="0"')
    expect(data).toContain('<failure type="Invalid" message="100% wrong: &lt;a&gt;, &quot;b&quot; &amp; `c`">')
    const fine = await printedAs('junit', [planned([UPDATE]), finished({ updated: 1 })], { kind: 'ApplyReport' })
    expect(fine.data).toContain('failures="0"')
  })

  test('holds no character that XML has no way to write', async () => {
    const evil = 'a\u0000b\u000Bc\uFFFEd\uD800e]]>\u001B[2J\r\n\t"'
    const { data } = await printedAs('junit', [
      planned([
        change('update', { note: evil, differences: [{ path: evil, before: evil, after: undefined, owners: [] }] }),
      ]),
      { ...FAILED, message: evil } as Event,
    ])
    // oxlint-disable-next-line no-control-regex -- the point of the test
    expect(data).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u)
    check('junit', data)
  })
})
