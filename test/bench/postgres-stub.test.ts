import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgresStub } from '../../bench/postgres-stub.ts'
import type { StubLogin } from '../../bench/postgres-stub.ts'
import { scramVerifier } from '../../src/postgres/scram.ts'
import { verifyLogin } from '../../src/postgres/verification.ts'
import type { LoginVerification } from '../../src/postgres/verification.ts'

const verifier = scramVerifier('right', randomBytes(16))
const knowledge = {
  verifierOf: ({ user, database }: StubLogin) =>
    Promise.resolve(user === 'app' && database === 'orders' ? verifier : undefined),
  configurationOf: () => 'abc',
}
const stub = await startPostgresStub(knowledge, 180_004)
afterAll(() => stub.stop())

const login = (
  password: string,
  username = 'app',
  expectedMajor: '17' | '18' = '18',
  configuration?: string,
): Promise<LoginVerification> =>
  verifyLogin({
    connect: () => ({ host: '127.0.0.1', port: stub.port }),
    database: 'orders',
    username,
    password,
    timeoutMs: 10_000,
    expectedMajor,
    configuration,
  })

describe('the stub of a PostgreSQL server', () => {
  test('lets the right password in, and answers what a verification asks', async () => {
    const before = stub.logins()
    expect(await login('right')).toEqual({ ok: true, serverVersion: '18.4', serverVersionNumber: 180_004 })
    expect(stub.logins()).toBe(before + 1)
  })

  test.each([
    ['in use', 'abc', 'in-use'],
    ['not loaded yet', 'xyz', 'not-loaded'],
  ])('says that settings are %s', async (_, hash, state) => {
    const configuration = `work_mem = '8MB'\ncdk8s_database.config_hash = '${hash}'\n`
    expect(await login('right', 'app', '18', configuration)).toMatchObject({ ok: true, configuration: { state } })
  })

  test('refuses a wrong password', async () => {
    const before = stub.logins()
    expect(await login('wrong')).toMatchObject({ ok: false, reason: 'LoginRejected' })
    expect(stub.logins()).toBe(before)
  })

  test('refuses a role that it does not know', async () => {
    expect(await login('right', 'nobody')).toMatchObject({ ok: false, reason: 'LoginRejected' })
  })

  test('is of the version that it was given', async () => {
    expect(await login('right', 'app', '17')).toMatchObject({ ok: false, reason: 'WrongMajor' })
  })
})
