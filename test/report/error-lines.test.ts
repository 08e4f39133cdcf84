import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/api/exit-code.ts'
import { InputError } from '../../src/api/input-error.ts'
import { errorLines, exitCodeOf, formatError } from '../../src/report/error-lines.ts'

const running = new AbortController().signal
const named = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name }, more)

describe('an error', () => {
  test('is what, where and what to type next', () => {
    const error = new InputError('unknown field spec.storge', {
      where: 'dist/a.yaml:7',
      remedy: 'did you mean storage?',
    })
    expect(formatError(errorLines(error))).toBe(
      'error: unknown field spec.storge\n   at: dist/a.yaml:7\n  try: did you mean storage?\n',
    )
  })

  test('leaves out what it does not know', () => {
    expect(formatError(errorLines(new InputError('nothing to do')))).toBe('error: nothing to do\n')
  })

  test.each([
    'CredentialError',
    'ConnectionError',
    'RequestTimeoutError',
    'UnexpectedReplyError',
    'KindNotServedError',
    'ApiError',
  ])('of class %s says what to do, also where it does not say so itself', (name) => {
    expect(errorLines(named(name, 'refused')).remedy).toMatch(/\w/)
    expect(errorLines(named(name, 'refused', { hint: 'its own words' })).remedy).toBe('its own words')
  })

  test('that nobody foresaw is called a defect', () => {
    expect(errorLines(new TypeError('x is undefined'))).toMatchObject({
      what: 'TypeError: x is undefined',
      remedy: expect.stringContaining('defect') as string,
    })
    for (const thrown of ['text', undefined, null, 7, {}]) expect(() => formatError(errorLines(thrown))).not.toThrow()
  })
})

describe('the exit code', () => {
  test.each<[thrown: unknown, code: number]>([
    [new InputError('x'), EXIT.usage],
    [named('KubeconfigError', 'x'), EXIT.usage],
    [named('ConnectionError', 'x'), EXIT.usage],
    [named('ApiError', 'x'), EXIT.failed],
    [new TypeError('x'), EXIT.failed],
    ['text', EXIT.failed],
  ])('of %s is %d', (thrown, code) => {
    expect(exitCodeOf(thrown, running)).toBe(code)
  })

  test('of anything after an interruption is that of the interruption', () => {
    const interrupt = new AbortController()
    interrupt.abort()
    expect(exitCodeOf(new InputError('x'), interrupt.signal)).toBe(EXIT.interrupted)
  })
})
