import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { generatePassword } from '../../src/postgres/password.ts'
import { scramVerifier } from '../../src/postgres/scram.ts'
import { queryAsOwner } from './owner-query.ts'
import { createPodDirectory, CREDENTIALS } from './pod-directory.ts'
import { MAJORS } from './programs-under-test.ts'

describe('a SCRAM verifier', () => {
  test('is that of RFC 7677 for its example', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    expect(scramVerifier('pencil', salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    )
  })

  test('is refused for an empty password and an empty salt', () => {
    expect(() => scramVerifier('', randomBytes(16))).toThrow(RangeError)
    expect(() => scramVerifier('x', new Uint8Array())).toThrow(RangeError)
  })

  test.each(MAJORS)(
    'is taken by PostgreSQL %s in place of the password, in a session of the role itself',
    async (major) => {
      const pod = await createPodDirectory(major)
      expect(await pod.bootstrap()).toMatchObject({ code: 0 })
      await pod.serve(async (port) => {
        const passwords = [generatePassword(), `it's \\ pässwörd`, 'ﬁ\u00A0x\u00ADy']
        let current: string = CREDENTIALS.password
        for (const password of passwords) {
          await queryAsOwner(
            port,
            `ALTER ROLE admin PASSWORD '${scramVerifier(password, randomBytes(16), 8192)}'`,
            current,
          )
          expect(await pod.login(port, { password })).toMatchObject({ ok: true })
          expect(await pod.login(port, { password: current })).toMatchObject({ reason: 'LoginRejected' })
          current = password
        }
      })
    },
  )
})
