import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bootstrapError } from '../../src/api/bootstrap-error.ts'
import { generatePassword } from '../../src/postgres/password.ts'
import { createPodDirectory, CREDENTIALS } from './pod-directory.ts'
import type { Credentials } from './pod-directory.ts'
import { ANY_MAJOR, MAJORS } from './programs-under-test.ts'
import { recordPrograms } from './recorded-programs.ts'
import { giveAway } from './unprivileged.ts'

/** Characters that mean something to a shell, to SQL or to a configuration file. */
const NASTY = [
  `'; DROP ROLE admin; --`,
  `"double" 'single' \`back\``,
  String.raw`back\slash \' \\ \n E'\x41'`,
  '$HOME $(id) ${PATH} $$ $bootstrap$ !! * ? ~',
  '%s %d %n %I %L {} [] # ; & | < >',
].join('')

/**
 * Each for itself: what is both outside Unicode 3.2 and changed by normalisation, the driver normalises and the server
 * does not.
 */
const ODD = [
  '-c --help',
  ' leading and trailing ',
  'pässwörd 🔑 пароль 密码',
  'ﬁ ligature, non-breaking\u00A0space, soft\u00ADhyphen',
  'x'.repeat(900),
]

describe('passwords', () => {
  test.each(MAJORS)(
    'with characters that mean something to somebody are taken as they are by PostgreSQL %s',
    async (major) => {
      const password = NASTY
      const pod = await createPodDirectory(major, { ...CREDENTIALS, password })
      expect(await pod.bootstrap()).toMatchObject({ code: 0 })
      await pod.serve(async (port) => expect(await pod.login(port, { password })).toMatchObject({ ok: true }))
    },
  )

  test.each(ODD)('work when they are odd: %j', async (password) => {
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, password })
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await pod.serve(async (port) => {
      expect(await pod.login(port, { password })).toMatchObject({ ok: true })
      expect(await pod.login(port, { password: `${password}x` })).toMatchObject({ reason: 'LoginRejected' })
    })
  })

  test('are in no argument, no output and no file of the volume', async () => {
    const password = generatePassword()
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, password })
    const recording = await recordPrograms(pod)
    const { code, output } = await pod.bootstrap()
    expect(code).toBe(0)
    const calls = await recording.calls()
    expect(calls.filter((call) => call.startsWith('postgres\0--single'))).toHaveLength(3)
    expect(calls.join('\n')).not.toContain(password)
    expect(output).not.toContain(password)
    const files = await readdir(pod.mount, { recursive: true })
    expect(files.length).toBeGreaterThan(900)
    const found: string[] = []
    for (const file of files) {
      const path = join(pod.mount, file)
      if ((await stat(path)).isFile() && (await readFile(path)).includes(password)) found.push(file)
    }
    expect(found).toEqual([])
  })

  test('that the server refuses are not repeated by the message', async () => {
    const password = Buffer.from([...Buffer.from('secret-'), 0xff, 0xfe, ...Buffer.from('-tail')])
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, password })
    const { code, output } = await pod.bootstrap()
    expect(code).toBe(78)
    expect(output).toMatch(/^CredentialsUnreadable: password cannot be used \(22021\): it must be text in UTF-8\n/)
    expect(output).not.toMatch(/secret|tail|0xff/)
  })
})

describe('credentials that cannot be used', () => {
  const verifier = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`
  test.each<[string, Credentials, string]>([
    ['no password', { password: undefined }, 'password is missing, empty or unreadable'],
    ['an empty password', { password: '' }, 'password is missing, empty or unreadable'],
    ['a password that ends with a line break', { password: 'secret\n' }, 'password holds a line break'],
    ['a password with a tab', { password: 'sec\tret' }, 'password holds a line break or another control character'],
    ['a password with NUL', { password: 'sec\0ret' }, 'password holds a line break or another control character'],
    ['a password that is a verifier', { password: verifier }, 'password has the form of a stored verifier'],
    [
      'a password that is an MD5 hash',
      { password: `md5${'0'.repeat(32)}` },
      'password has the form of a stored verifier',
    ],
    ['no role', { username: undefined }, 'username is missing, empty or unreadable'],
    ['an empty database', { database: '' }, 'database is missing, empty or unreadable'],
    ['a role name that is too long', { username: 'r'.repeat(64) }, 'username is longer than 63 bytes'],
    ['the superuser as role', { username: 'postgres' }, 'username postgres is reserved'],
    ['a reserved role name', { username: 'pg_monitor' }, 'username pg_monitor is reserved'],
    ['a template as database', { database: 'template1' }, 'database template1 is reserved'],
  ])('are refused, and nothing is left: %s', async (_what, changed, words) => {
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, ...changed })
    const { code, output } = await pod.bootstrap()
    expect(bootstrapError(output)).toMatchObject({
      reason: 'CredentialsUnreadable',
      message: expect.stringContaining(words),
    })
    expect(code).toBe(78)
    expect(await readdir(pod.mount, { recursive: true })).not.toContain(`${ANY_MAJOR}/docker`)
  })

  test('can be corrected, and the next run makes the database', async () => {
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, password: verifier })
    expect(await pod.bootstrap()).toMatchObject({ code: 78 })
    await pod.writeCredentials(CREDENTIALS)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
  })

  test('are refused when the password cannot be read', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await giveAway(join(pod.root, 'secret', 'password'), 0o000)
    expect(await pod.bootstrap()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^CredentialsUnreadable: password/),
    })
  })

  test('work when names need quotes', async () => {
    const names = { username: `we"ird 'role'`, database: 'Select $x' }
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, ...names })
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await pod.serve(async (port) => expect(await pod.login(port, names)).toMatchObject({ ok: true }))
  })
})
