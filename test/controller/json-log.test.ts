import { describe, expect, test } from 'vitest'
import { ApiError } from '../../src/cluster/errors.ts'
import { JsonLog } from '../../src/controller/json-log.ts'
import type { LogLevel } from '../../src/controller/json-log.ts'
import { FakeClock } from './fake-clock.ts'

interface Written {
  readonly log: JsonLog
  readonly lines: string[]
  /** The only line, read. */
  readonly line: () => Record<string, unknown>
}

function start(level: LogLevel = 'info'): Written {
  const lines: string[] = []
  const log = new JsonLog({ write: (text) => lines.push(text), level, clock: new FakeClock() }, 'controller')
  return {
    log,
    lines,
    line: () => {
      expect(lines).toHaveLength(1)
      return JSON.parse(lines[0] ?? '') as Record<string, unknown>
    },
  }
}

describe('a line of the log', () => {
  test('is one object with time, level, logger and message first', () => {
    const { log, lines } = start()
    log.info('drift corrected', { database: 'shop/orders', objects: 2 })
    expect(lines).toEqual([
      '{"ts":"2026-11-21T12:00:00.000Z","level":"info","logger":"controller","msg":"drift corrected","database":"shop/orders","objects":2}\n',
    ])
  })

  test('has the words of the lab for a phase that follows another', () => {
    const { log, lines } = start()
    const database = 'shop/orders'
    log.transition({ from: 'Pending', to: 'Provisioning', reason: 'Applying', message: 'on it' }, { database })
    log.transition({ from: undefined, to: 'Pending', reason: 'Seen', message: '' }, { database })
    expect(lines.map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { msg: 'STATE TRANSITION: Pending -> Provisioning', database, reason: 'Applying', message: 'on it' },
      { msg: 'STATE TRANSITION: (new) -> Pending', database, reason: 'Seen' },
    ])
  })

  test('says what its logger says always, under the name of the part', () => {
    const { log, line } = start()
    log.named('election').with({ identity: 'one', turn: 1 }).warn('lost', { turn: 2 })
    expect(line()).toMatchObject({ level: 'warn', logger: 'controller.election', identity: 'one', turn: 2 })
  })

  test('is not written when it is less important than asked for', () => {
    const { log, lines } = start('warn')
    log.debug('no')
    log.info('no')
    log.warn('yes')
    log.error('yes')
    expect(lines).toHaveLength(2)
    expect(start('debug').log.debug('yes')).toBeUndefined()
  })

  test('keeps its own keys when somebody gives fields of that name', () => {
    const { log, line } = start()
    log.info('mine', { msg: 'theirs', level: 'none', ts: 0, logger: 'x' })
    expect(line()).toEqual({
      ts: '2026-11-21T12:00:00.000Z',
      level: 'info',
      logger: 'controller',
      msg: 'mine',
      ts_: 0,
      level_: 'none',
      logger_: 'x',
      msg_: 'theirs',
    })
  })

  test('stays one line, and harmless to a terminal, whatever stands in it', () => {
    const { log, lines, line } = start()
    const nasty = 'a\nb\r\u001B[2J\u009B2J\u2028\u007F'
    log.info(nasty, { nasty })
    // oxlint-disable-next-line no-control-regex -- these are the characters that must not get through
    expect(lines[0]?.trimEnd()).toMatch(/^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$/)
    expect(line()).toMatchObject({ msg: nasty, nasty })
  })

  test('can have any value', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    const { log, line } = start()
    log.info('all', {
      big: 1n,
      none: undefined,
      nothing: null,
      infinite: Infinity,
      date: new Date('2026-11-21T12:00:00Z'),
      never: new Date(Number.NaN),
      map: new Map([['a', 1]]),
      set: new Set([1, undefined]),
      call: () => undefined,
      circle,
      text: 'x'.repeat(5000),
    })
    expect(line()).toMatchObject({
      big: '1',
      nothing: null,
      infinite: 'Infinity',
      date: '2026-11-21T12:00:00.000Z',
      never: 'Invalid Date',
      map: { a: 1 },
      set: [1, null],
      text: `${'x'.repeat(4096)}… (904 characters more)`,
    })
    expect(Object.keys(line())).not.toContain('none')
    expect(Object.keys(line())).not.toContain('call')
  })

  test('shows an error with its causes, and where it is a mistake in the program, where that is', () => {
    const { log, lines } = start()
    const target = { verb: 'get', resource: 'pods' }
    const refused = new ApiError({ target, code: 500, serverMessage: 'no' }, { cause: new Error('broken pipe') })
    log.error('failed', { error: refused })
    log.error('failed', { error: new TypeError('x is not a function') })
    const [first, second] = lines.map((text) => (JSON.parse(text) as { readonly error: string }).error)
    expect(first).toBe('ApiError: get pods: 500: no; caused by Error: broken pipe')
    expect(second).toContain('json-log.test.ts')
  })
})

describe('a secret', () => {
  test('is hidden by its place or its shape, in fields, errors and the message', () => {
    const { log, lines } = start()
    log.info('connecting to postgres://admin:canary-1@orders:5432/mydb', {
      uri: 'postgres://admin:canary-2@orders/mydb',
      password: 'canary-3',
      nested: { env: [{ name: 'PGPASSWORD', value: 'canary-4' }] },
      object: { kind: 'Secret', data: { password: 'Y2FuYXJ5LTU=' }, stringData: { any: 'canary-6' } },
      error: new Error('login failed: password=canary-7', { cause: new Error('token: canary-8') }),
    })
    expect(lines[0]).not.toMatch(/canary|Y2FuYXJ5/)
    expect(lines[0]).toContain('***')
    expect(lines[0]).toContain('postgres://admin:***@orders:5432/mydb')
  })

  test('that the logger was told of is hidden wherever it stands, also where the text is cut', () => {
    const { log, lines } = start()
    const secret = 'S0me"odd\\passphrase'
    log
      .hiding(secret)
      .with({ database: 'shop/orders' })
      .info(`role ${secret} does not exist`, {
        text: `${'x'.repeat(4090)}${secret}`,
        deep: [{ of: secret }],
        encoded: encodeURIComponent(secret),
      })
    expect(lines[0]).not.toMatch(/S0me|odd|phrase/)
    expect(lines[0]).toContain('"database":"shop/orders"')
  })

  test('does not change keys or the fields that every line has', () => {
    const { log, line } = start()
    log.hiding('info', 'database').info('hello', { database: 'shop/database' })
    expect(line()).toMatchObject({ level: 'info', database: 'shop/***' })
  })
})
