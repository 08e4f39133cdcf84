import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { certify } from '../../src/plan/certificate.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { MANAGER, fixtureOf, spring, steady } from './recording.ts'
import type { Recording } from './recording.ts'
import { TRAPS } from './traps.ts'
import type { Trap } from './traps.ts'

const directory = join(import.meta.dirname, 'fixtures')
const isUpdating = process.env['UPDATE_GOLDEN'] === '1'
const read = (name: string): Recording => JSON.parse(readFileSync(fixtureOf(name), 'utf8')) as Recording

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'traps')
const { server, certificateAuthority, adminToken: token } = controlPlane
const api = new ApiClient({ server, certificateAuthority, token })
afterAll(() => api.close())

const kept = await api.create<{ metadata: { uid: string } }>(`/api/v1/namespaces/${namespace}/configmaps`, {
  metadata: { name: 'owner' },
})
const owner = kept.metadata.uid

const expected = ({ refused }: Trap): object =>
  refused === undefined ? { unchanged: true } : { unchanged: false, because: refused[0], path: refused[1] }

describe.each(Object.entries(TRAPS).map(([name, trap], index) => ({ name, trap, object: `trap-${index}` })))(
  'the certificate of $name',
  ({ name, trap, object }) => {
    test('is what the server says to an apply', async () => {
      const { desired, live, dryRun } = await spring(api, trap, { namespace, name: object, owner })
      expect(certify(desired, live, MANAGER)).toEqual(expected(trap))
      if (trap.refused === undefined) expect(dryRun).toBe('')
      const recorded: Recording = { desired: steady(desired, owner), live: steady(live, owner) }
      if (isUpdating) writeFileSync(fixtureOf(name), `${JSON.stringify(recorded, undefined, 2)}\n`)
      expect(recorded, 'UPDATE_GOLDEN=1 npx vitest run test/plan/certificate-traps records it again').toEqual(
        read(name),
      )
    })
  },
)

test('there is no recording of a trap that is no more', () => {
  expect(
    readdirSync(directory)
      .map((file) => join(directory, file))
      .toSorted(),
  ).toEqual(Object.keys(TRAPS).map(fixtureOf).toSorted())
})
