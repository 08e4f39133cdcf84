import { describe, expect, test } from 'vitest'
import { redact } from '../../src/cluster/redaction.ts'

const PASSWORD = 'correct-horse-battery-staple'
const SECRET = { apiVersion: 'v1', kind: 'Secret', stringData: { password: PASSWORD } }

describe('redaction', () => {
  test('hides what the server quotes in part', () => {
    expect(redact('invalid "correct-horse-batt…" here', SECRET)).toBe('invalid "***…" here')
    expect(redact('…horse-battery-staple|', SECRET)).toBe('…***|')
  })

  test('hides what the server writes in another way', () => {
    const body = { apiVersion: 'v1', kind: 'Secret', stringData: { password: 'a "b"/c&d' } }
    expect(redact(String.raw`got "a \"b\"/c&d"`, body)).toBe('got "***"')
    expect(redact('path ?q=a%20%22b%22%2Fc%26d', body)).toBe('path ?q=***')
    expect(redact(`got ${btoa(PASSWORD)}`, { kind: 'Secret', data: { password: btoa(PASSWORD) } })).toBe('got ***')
    expect(redact(`got ${PASSWORD}`, { kind: 'Secret', data: { password: btoa(PASSWORD) } })).toBe('got ***')
  })

  test('hides secrets of objects that are no Secret', () => {
    const pod = { kind: 'Pod', spec: { containers: [{ env: [{ name: 'DB_PASSWORD', value: PASSWORD }] }] } }
    expect(redact(`Invalid value: "${PASSWORD}"`, pod)).toBe('Invalid value: "***"')
    const config = { kind: 'ConfigMap', data: { url: `postgres://orders:${PASSWORD}@db/shop` } }
    expect(redact(`Invalid value: "postgres://orders:${PASSWORD}@db/shop"`, config)).toBe(
      'Invalid value: "postgres://orders:***@db/shop"',
    )
  })

  test('leaves everything else as the server said it', () => {
    const message = 'secrets "orders-credentials" is forbidden: exceeded quota'
    expect(redact(message, SECRET)).toBe(message)
    expect(redact(message, undefined, undefined, '')).toBe(message)
  })
})
