import { property, assert, constantFrom, double, integer } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifyError, fieldConflictsOf } from '../../src/cluster/error-guards.ts'
import {
  ApiError,
  ConnectionError,
  CredentialError,
  KindNotServedError,
  RequestTimeoutError,
  UnexpectedReplyError,
} from '../../src/cluster/errors.ts'
import { backoffDelay, mayRetry, parseRetryAfter, requestBackoff } from '../../src/cluster/retry.ts'
import type { RetrySafety } from '../../src/cluster/retry.ts'
import { redact } from '../../src/cluster/redaction.ts'

const target = { verb: 'patch', resource: 'secrets', namespace: 'shop', name: 'login' }
const api = (code: number, reason?: string, causes: ApiError['causes'] = []): ApiError =>
  new ApiError({ target, code, serverMessage: 'no', causes, ...(reason === undefined ? {} : { reason }) })
const connection = (code: string, outcome: 'unknown' | 'not-executed'): ConnectionError =>
  new ConnectionError('no', { server: 'https://x', code, outcome })
const timeout = new RequestTimeoutError('no', { target, timeoutMs: 1, outcome: 'unknown' })
const portal = new UnexpectedReplyError(target, 200, 'reply 200 is not JSON')
const fieldConflict = api(409, 'Conflict', [
  {
    reason: 'FieldManagerConflict',
    message: 'conflict with "kubectl" using apps/v1 at 2026-01-01T00:00:00Z',
    field: '.spec.replicas',
  },
])

describe('the wait before another attempt', () => {
  test('doubles to its largest value, and only ever gets shorter by chance', () => {
    assert(
      property(
        integer({ min: 1, max: 2000 }),
        double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const full = backoffDelay(requestBackoff, attempt, 0)
          const delay = backoffDelay(requestBackoff, attempt, random)
          return full <= requestBackoff.maxMs && delay <= full && delay >= full / 2 - 1
        },
      ),
    )
    expect([1, 2, 3, 4, 20].map((attempt) => backoffDelay(requestBackoff, attempt, 0))).toEqual([
      200, 400, 800, 1600, 10_000,
    ])
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')

  test.each([
    ['0', 0],
    ['1', 1000],
    [' 3600 ', 3_600_000],
    ['Sat, 21 Nov 2026 12:00:05 GMT', 5000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
    [undefined, undefined],
  ])('%j means %j ms', (header, expected) => expect(parseRetryAfter(header, now)).toBe(expected))

  test('never is less than nothing', () => {
    assert(
      property(
        constantFrom('Mon, ', 'Sunday ', ''),
        integer(),
        (prefix, number) => (parseRetryAfter(`${prefix}${number}`, now) ?? 0) >= 0,
      ),
    )
  })
})

describe('what may be sent again', () => {
  test.each([
    ['429', api(429), ['idempotent', 'create']],
    ['500', api(500), ['idempotent']],
    ['503', api(503), ['idempotent']],
    ['501', api(501), []],
    ['409', api(409, 'Conflict'), []],
    ['422', api(422), []],
    ['refused connection', connection('ECONNREFUSED', 'not-executed'), ['idempotent', 'create']],
    ['reset after sending', connection('ECONNRESET', 'unknown'), ['idempotent']],
    ['certificate that cannot be trusted', connection('CERT_HAS_EXPIRED', 'not-executed'), []],
    ['time limit', timeout, ['idempotent']],
    ['answer of something else', portal, []],
    ['rejected credential', new CredentialError('no'), []],
  ])('after a %s', (_, error, expected) => {
    const safeties: readonly RetrySafety[] = ['idempotent', 'create', 'never']
    expect(safeties.filter((safety) => mayRetry(error, safety))).toEqual(expected)
  })
})

describe('the class of an error', () => {
  test.each([
    [api(409, 'Conflict'), 'transient'],
    [api(409, 'AlreadyExists'), 'transient'],
    [fieldConflict, 'permanent'],
    [api(410), 'transient'],
    [api(429), 'transient'],
    [api(500), 'transient'],
    [api(501), 'permanent'],
    [api(503), 'transient'],
    [api(400), 'permanent'],
    [api(403), 'permanent'],
    [api(404), 'permanent'],
    [api(422), 'permanent'],
    [connection('ECONNRESET', 'unknown'), 'transient'],
    [connection('SELF_SIGNED_CERT_IN_CHAIN', 'not-executed'), 'permanent'],
    [timeout, 'transient'],
    [portal, 'transient'],
    [new KindNotServedError('a/v1', 'B'), 'permanent'],
    [new CredentialError('no'), 'permanent'],
    [new Error('anything'), 'transient'],
  ])('%s is %s', (error, expected) => expect(classifyError(error)).toBe(expected))
})

test('a field conflict names manager and field', () => {
  expect(fieldConflictsOf(fieldConflict)).toEqual([{ manager: 'kubectl', field: '.spec.replicas' }])
})

describe('redaction', () => {
  const secret = { kind: 'Secret', data: { password: 'cGFzcy13b3JkIQ==' }, stringData: { user: 'ann-lee' } }

  test('takes out values as they are and decoded, and what else is named', () => {
    expect(redact('cGFzcy13b3JkIQ== pass-word! ann-lee tok-en rest', secret, 'tok-en')).toBe('*** *** *** *** rest')
  })

  test('leaves other objects and short values alone', () => {
    expect(redact('value abcd', { kind: 'ConfigMap', data: { a: 'abcd' } })).toBe('value abcd')
    expect(redact('field a of b', { kind: 'Secret', stringData: { a: 'a' } })).toBe('field a of b')
  })
})
