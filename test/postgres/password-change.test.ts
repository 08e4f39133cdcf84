import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { changePassword } from '../../src/postgres/password-change.ts'
import type { PasswordChangeRequest } from '../../src/postgres/password-change.ts'
import { queryAsOwner } from './owner-query.ts'
import { createPodDirectory, CREDENTIALS, makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { ANY_MAJOR, MAJORS } from './programs-under-test.ts'

const request = (port: number, change: Partial<PasswordChangeRequest>): PasswordChangeRequest => ({
  ...CREDENTIALS,
  connect: () => ({ host: '127.0.0.1', port }),
  timeoutMs: 15_000,
  expectedMajor: ANY_MAJOR,
  formerPasswords: [],
  ...change,
})

test.each(MAJORS)('the application role of PostgreSQL %s gets a new password by itself', async (major) => {
  const pod = await createPodDirectory(major)
  expect(await pod.bootstrap()).toMatchObject({ code: 0 })
  await pod.serve(async (port) => {
    const change = { password: `it's \\ nëw`, formerPasswords: ['never', CREDENTIALS.password], expectedMajor: major }
    expect(await changePassword(request(port, change))).toMatchObject({ ok: true })
    expect(await pod.login(port, { password: `it's \\ nëw` })).toMatchObject({ ok: true })
    expect(await pod.login(port)).toMatchObject({ reason: 'LoginRejected' })
  })
})

describe('a change of the password', () => {
  let pod: PodDirectory
  beforeAll(async () => {
    pod = await makePodDirectory(ANY_MAJOR)
    const { code, output } = await pod.bootstrap()
    if (code !== 0) throw new Error(output)
  })
  afterAll(async () => pod.dispose())

  const storedVerifier = "SELECT rolpassword FROM pg_authid WHERE rolname = 'admin'"
  const readable = 'GRANT SELECT ON pg_authid TO admin'

  test('is none where the server accepts it already: the verifier stays', async () => {
    await pod.alter(readable)
    await pod.serve(async (port) => {
      const before = await queryAsOwner(port, storedVerifier)
      expect(await changePassword(request(port, { formerPasswords: ['former'] }))).toMatchObject({ ok: true })
      expect((await queryAsOwner(port, storedVerifier)).rows).toEqual(before.rows)
    })
  })

  test('fails where no former password is accepted, and shows none of them', async () => {
    await pod.serve(async (port) => {
      const result = await changePassword(request(port, { password: 'wanted-one', formerPasswords: ['former-one'] }))
      expect(result).toMatchObject({ ok: false, reason: 'RotationRejected' })
      expect(JSON.stringify(result)).not.toMatch(/wanted-one|former-one/)
    })
  })

  test('that waits for a lock is ended by the server, whatever the role has set for its sessions', async () => {
    await pod.serve(async (port) => {
      await queryAsOwner(port, 'ALTER ROLE admin SET statement_timeout = 0')
      const { username, database, password } = CREDENTIALS
      const holder = new Client({ host: '127.0.0.1', port, user: username, database, password, ssl: false })
      await holder.connect()
      await holder.query('BEGIN')
      await holder.query("ALTER ROLE CURRENT_USER PASSWORD 'held-back'")
      const change = { password: 'wanted-one', formerPasswords: [CREDENTIALS.password], timeoutMs: 1000 }
      expect(await changePassword(request(port, change))).toMatchObject({ ok: false })
      const sessions = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'cdk8s-database'"
      // By another session: within a transaction the view stays as it was first seen.
      await vi.waitUntil(async () => (await queryAsOwner(port, sessions)).rows[0]?.['count'] === 0, { timeout: 15_000 })
      await holder.query('ROLLBACK')
      await holder.end()
      expect(await pod.login(port)).toMatchObject({ ok: true })
    })
  })

  test('is not made in a database that is not the one that is meant', async () => {
    await pod.serve(async (port) => {
      const elsewhere = { password: 'wanted-one', formerPasswords: [CREDENTIALS.password], database: 'nothing' }
      expect(await changePassword(request(port, elsewhere))).toMatchObject({ reason: 'WrongDatabase' })
      const otherMajor = request(port, { password: 'wanted-one', formerPasswords: [CREDENTIALS.password] })
      const major = ANY_MAJOR === '14' ? '15' : '14'
      expect(await changePassword({ ...otherMajor, expectedMajor: major })).toMatchObject({ reason: 'WrongMajor' })
      expect(await pod.login(port)).toMatchObject({ ok: true })
    })
  })

  test('is on disk when it is reported, whatever the role has set for its sessions', async () => {
    await pod.serve(async (port) => {
      await queryAsOwner(port, 'ALTER ROLE CURRENT_USER SET synchronous_commit = off')
      await queryAsOwner(port, 'ALTER ROLE CURRENT_USER SET default_transaction_read_only = on')
      const change = { password: 'another', formerPasswords: [CREDENTIALS.password] }
      expect(await changePassword(request(port, change))).toMatchObject({ ok: true })
      expect(await pod.login(port, { password: 'another' })).toMatchObject({ ok: true })
    })
  })

  test('says that the way is the trouble where it is', async () => {
    const refused = await changePassword(request(1, { formerPasswords: ['x'] }))
    expect(refused).toMatchObject({ ok: false, reason: 'Unreachable' })
  })
})
