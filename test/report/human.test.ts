import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import type { Event } from '../../src/report/event.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import { HumanReporter } from '../../src/report/human.ts'
import { NOTHING, change } from './plans.ts'
import { recordedOutput } from './recorded-output.ts'

const OBJECT = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'orders' }
function printed(options: { quiet?: boolean }, ...events: readonly Event[]): { data: string; messages: string } {
  const output = recordedOutput()
  const reporter = new HumanReporter(output, {
    quiet: options.quiet === true,
    progress: true,
    now: () => Date.UTC(2026, 0, 1, 9, 30),
  })
  for (const event of events) reporter.report(event)
  reporter.close()
  return { data: output.text, messages: output.messages }
}

const transition = (message: string): Event => ({
  type: 'transition',
  database: 'shop/orders',
  from: undefined,
  to: 'Pending',
  reason: 'Seen',
  message,
})

describe('the report for people', () => {
  test('prints a plan with its differences, and nothing about what is unchanged', () => {
    const changes = [
      change('update', {
        source: 'dist/a.yaml:4',
        differences: [{ path: 'spec.replicas', before: 1, after: 2, owners: [] }],
      }),
      change('unchanged'),
      change('conflict', { note: 'owned by kubectl' }),
    ]
    expect(printed({}, { type: 'planned', changes, showDifferences: false }).data).toBe(
      [
        '  ~ update    StatefulSet shop/orders  dist/a.yaml:4',
        '      spec.replicas',
        '        - 1',
        '        + 2',
        '  ! conflict  StatefulSet shop/orders  owned by kubectl',
        'plan: 0 create, 1 update, 0 delete, 1 unchanged, 1 conflict',
        '',
      ].join('\n'),
    )
  })

  test('keeps results on standard output and progress on standard error', () => {
    const { data, messages } = printed(
      {},
      transition('image postgres:16'),
      { type: 'applied', object: OBJECT, action: 'create' },
      {
        type: 'ready',
        database: 'shop/orders',
        endpoint: 'orders:5432',
        secretName: 'orders-credentials',
        verified: false,
      },
    )
    expect(messages).toBe(
      '09:30:00 STATE TRANSITION: (new) -> Pending  database=shop/orders reason=Seen · image postgres:16\n  + created StatefulSet shop/orders\n',
    )
    expect(data).toBe(
      'ready: Database shop/orders · orders:5432 · Secret orders-credentials · not verified (no login was made)\n',
    )
  })

  test('that is quiet keeps results and errors', () => {
    const failed: Event = {
      type: 'failed',
      subject: 'Database shop/orders',
      reason: 'NotReady',
      message: 'no image',
      remedy: 'correct it',
      exitCode: EXIT.notReady,
    }
    const { messages } = printed({ quiet: true }, transition('x'), failed)
    expect(messages).toBe('error: Database shop/orders: NotReady: no image\n  try: correct it\n')
  })

  test('lets no escape sequence of a server or a log through', () => {
    const evil = 'gone\u001B[2J\u001B]0;title\u0007\u009B31m\r\nnext'
    const { data, messages } = printed(
      {},
      { type: 'warning', message: evil },
      transition(evil),
      { type: 'waiting', database: 'shop/orders', phase: 'Deploying', reason: 'CrashLoopBackOff', message: evil },
      { type: 'failed', subject: 'x', reason: 'y', message: evil, remedy: evil, exitCode: EXIT.failed },
      {
        type: 'planned',
        changes: [
          change('refused', { note: evil, differences: [{ path: 'a', before: evil, after: 'b', owners: [] }] }),
        ],
        showDifferences: true,
      },
    )
    // oxlint-disable-next-line no-control-regex -- the point of the test
    expect(`${data}${messages}`).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/)
    expect(messages).toContain(String.raw`gone\x1b[2J`)
  })

  test('puts a message of several lines on the line of its reason', () => {
    const { messages } = printed({}, transition('first\n  second\n'))
    expect(messages.trimEnd().split('\n')).toHaveLength(1)
    expect(messages).toContain('first second')
  })
})

describe('the report of many databases', () => {
  const key = (index: number): string => `shop/orders-${index}`
  const database = (index: number): PlannedChange =>
    change('create', {
      object: { apiVersion: 'database.example.com/v1', kind: 'Database', namespace: 'shop', name: `orders-${index}` },
    })
  const all = Array.from({ length: 1000 }, (_, index) => index)
  const failed = (index: number): Event => ({
    type: 'failed',
    subject: `Database ${key(index)}`,
    reason: 'ErrImagePull',
    message: 'no image',
    remedy: 'correct it',
    exitCode: EXIT.failed,
  })
  const ready = (index: number): Event => ({
    type: 'ready',
    database: key(index),
    endpoint: 'e',
    secretName: 's',
    verified: true,
  })

  test('is a few lines on whatever happens, and names what failed', () => {
    const { data, messages } = printed(
      {},
      { type: 'planned', changes: all.map(database), showDifferences: false },
      ...all.flatMap((index): Event[] => [
        { type: 'applied', object: database(index).object, action: 'create' },
        { type: 'transition', database: key(index), from: undefined, to: 'Deploying', reason: 'x', message: '' },
        index % 40 === 0 ? failed(index) : ready(index),
      ]),
      { type: 'finished', summary: { ...NOTHING, created: 975, failed: 25 }, exitCode: EXIT.failed },
    )
    expect(data.split('\n').slice(0, 5)).toEqual([
      '  + create    1,000 objects: 1,000 Database',
      '  (--diff or -v lists every object)',
      'plan: 1,000 create, 0 update, 0 delete, 0 unchanged',
      'ready: 975 of 1,000 databases',
      expect.stringMatching(/^failed: 25 of 1,000 databases: shop\/orders-0 \(ErrImagePull\), .* and 5 more$/),
    ])
    expect(messages.match(/^error: /gm)).toHaveLength(20)
    expect(messages.split('\n').length).toBeLessThan(70)
  })

  test('counts on one line in a log now and then, and on one that is written over on a terminal', () => {
    const events = all.flatMap((index): Event[] => [
      { type: 'transition', database: key(index), from: undefined, to: 'Deploying', reason: 'x', message: '' },
      ready(index),
    ])
    const follow = (terminal: boolean): string => {
      const output = recordedOutput()
      let now = Date.UTC(2026, 0, 1, 9, 30)
      const reporter = new HumanReporter(
        { ...output, terminal },
        { quiet: false, progress: true, now: () => (now += 50) },
      )
      reporter.report({ type: 'planned', changes: all.map(database), showDifferences: false })
      for (const event of events) reporter.report(event)
      reporter.close()
      return output.messages
    }
    const log = follow(false).trimEnd().split('\n')
    expect(log.length).toBeLessThan(40)
    expect(log[0]).toMatch(/^09:30:\d\d \[\d+\/1,000 ready\]/)
    const live = follow(true)
    expect(live).not.toContain('\n')
    expect(live.endsWith('\r\u001B[2K')).toBe(true)
  })

  test('follows each where that is asked for', () => {
    const output = recordedOutput()
    const reporter = new HumanReporter(output, { quiet: false, progress: true, verbose: true, now: () => 0 })
    reporter.report({ type: 'planned', changes: all.map(database), showDifferences: false })
    for (const index of all) reporter.report(ready(index))
    expect(output.text.match(/^ready: Database/gm)).toHaveLength(1000)
    expect(output.text.match(/^ {2}\+ create/gm)).toHaveLength(1000)
  })
})
