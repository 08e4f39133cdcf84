import { assert, property, string, stringMatching } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Client } from 'pg'
import { connectionKeys, passwordsIn } from '../../src/postgres/connection.ts'
import type { ConnectionDetails } from '../../src/postgres/connection.ts'

const details: ConnectionDetails = {
  host: 'orders.shop.svc.cluster.local',
  port: 5432,
  database: 'orders',
  username: 'orders_app',
  password: 'Secret0',
}

const printable = string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\n\r\0]/.test(text))

const identifier = stringMatching(/^[a-z_][a-z0-9_]{0,62}$/)

/** Reads a line of a password file as libpq does. */
function pgpassFields(line: string): string[] {
  return [...line.matchAll(/((?:\\.|[^:\\])*)(:|$)/gsu)]
    .slice(0, 5)
    .map(([, field = '']) => field.replaceAll(/\\(.)/gsu, '$1'))
}

describe('connection keys', () => {
  test('are what clients read', () => {
    expect(connectionKeys(details)).toEqual({
      uri: 'postgresql://orders_app:Secret0@orders.shop.svc.cluster.local:5432/orders',
      'jdbc-uri': 'jdbc:postgresql://orders.shop.svc.cluster.local:5432/orders?user=orders_app&password=Secret0',
      pgpass: 'orders.shop.svc.cluster.local:5432:orders:orders_app:Secret0',
    })
  })

  test('ask for encryption where the server does, and, of a client that has the authorities, check whom they lead to', () => {
    const authorityFile = '/run/secrets/database.example.com/orders/ca.crt'
    const plain = connectionKeys(details)
    const checks = `sslmode=verify-full&sslrootcert=${authorityFile}`
    expect(connectionKeys({ ...details, tls: { authorityFile } })).toEqual({
      uri: `${plain.uri}?sslmode=require`,
      'jdbc-uri': `${plain['jdbc-uri']}&sslmode=require`,
      'verified-uri': `${plain.uri}?${checks}`,
      'verified-jdbc-uri': `${plain['jdbc-uri']}&${checks}`,
      pgpass: plain.pgpass,
    })
  })

  test('escape what each format gives a meaning', () => {
    const keys = connectionKeys({ ...details, host: 'fd00::1', password: `a:b/c?d#e&f=g%h i+j\\k'(l)!*` })
    const encoded = 'a%3Ab%2Fc%3Fd%23e%26f%3Dg%25h%20i%2Bj%5Ck%27%28l%29%21%2A'
    expect(keys.uri).toBe(`postgresql://orders_app:${encoded}@[fd00::1]:5432/orders`)
    expect(keys['jdbc-uri']).toBe(`jdbc:postgresql://[fd00::1]:5432/orders?user=orders_app&password=${encoded}`)
    expect(keys.pgpass).toBe(String.raw`fd00\:\:1:5432:orders:orders_app:a\:b/c?d#e&f=g%h i+j\\k'(l)!*`)
  })

  test('tell their password again, and nothing where nobody could read it', () => {
    assert(
      property(identifier, printable, (username, password) => {
        expect(passwordsIn(connectionKeys({ ...details, username, password }))).toEqual([password, password, password])
        expect(passwordsIn(connectionKeys({ ...details, host: 'fd00::1', username, password }))[2]).toBe(password)
      }),
    )
    expect(passwordsIn({ uri: undefined, 'jdbc-uri': 'jdbc:mysql://x', pgpass: 'a:b' })).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(passwordsIn({ uri: 'postgres://a:%@b/c', 'jdbc-uri': undefined, pgpass: 'h:5432:d:u:p\n' })).toEqual([
      undefined,
      undefined,
      'p',
    ])
  })

  test('give back what went in, whatever it is', () => {
    assert(
      property(identifier, printable, printable, (database, username, password) => {
        const keys = connectionKeys({ ...details, database, username, password })
        const client = new Client(keys.uri)
        expect([client.host, client.port, client.database, client.user, client.password]).toEqual([
          details.host,
          details.port,
          database,
          username,
          password,
        ])
        const jdbc = new URL(keys['jdbc-uri'].slice('jdbc:'.length))
        expect([jdbc.searchParams.get('user'), jdbc.searchParams.get('password')]).toEqual([username, password])
        expect(decodeURIComponent(jdbc.pathname.slice(1))).toBe(database)
        expect(pgpassFields(keys.pgpass)).toEqual([details.host, '5432', database, username, password])
      }),
    )
  })

  test.each(['sec\nret', 'sec\rret', 'sec\0ret'])('are refused for %j without showing it', (password) => {
    expect(() => connectionKeys({ ...details, password })).toThrow('password holds a line break or NUL')
  })
})
