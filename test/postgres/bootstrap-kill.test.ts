import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createPodDirectory } from './pod-directory.ts'
import { ANY_MAJOR } from './programs-under-test.ts'
import { recordPrograms } from './recorded-programs.ts'
import type { KillMoment } from './recorded-programs.ts'

/** The calls that change something, in their order. */
const CHANGING = ['mkdir', 'rm', 'initdb', 'postgres --single', 'sync', 'mv']

async function recordUndisturbed(): Promise<{ number: number; call: string }[]> {
  await using pod = await createPodDirectory(ANY_MAJOR)
  const recording = await recordPrograms(pod)
  const { code, output } = await pod.bootstrap()
  if (code !== 0) throw new Error(output)
  const calls = (await recording.calls()).map((call, index) => ({
    number: index + 1,
    call: call.replaceAll('\0', ' '),
  }))
  return calls.filter(({ call }) => CHANGING.some((name) => call.startsWith(name)))
}

const undisturbed = await recordUndisturbed()
const numberOf = (name: string, occurrence = 0): number =>
  undisturbed.filter(({ call }) => call.startsWith(name))[occurrence]?.number ?? Number.NaN

const short = (call: string): string => call.split(' ').slice(0, 2).join(' ').slice(0, 40)
const moments: (readonly [string, KillMoment])[] = [
  ...undisturbed.map(({ number, call }) => [`before call ${number}, ${short(call)}`, { before: number }] as const),
  ...undisturbed.map(({ number, call }) => [`after call ${number}, ${short(call)}`, { after: number }] as const),
  ...['PG_VERSION', 'global/pg_control', 'base/1/PG_VERSION', 'base/5'].map(
    (file) =>
      [`during initdb, when ${file} is there`, { during: numberOf('initdb'), file: `*/docker.init/${file}` }] as const,
  ),
  ...['postmaster.pid', 'base/1????'].map(
    (file) =>
      [
        `while role and database are made, when ${file} is there`,
        { during: numberOf('postgres --single'), file: `*/docker.init/${file}` },
      ] as const,
  ),
]

describe('a bootstrap that is killed', () => {
  test('is killed at twelve moments at least', () => {
    expect(undisturbed.map(({ call }) => short(call).replace(/ .*/, ''))).toEqual([
      'mkdir',
      'rm',
      'initdb',
      'postgres',
      'postgres',
      'sync',
      'mv',
      'sync',
    ])
    expect(moments.length).toBeGreaterThan(12)
  })

  test.each(moments)('%s: is finished by the next run', async (_when, moment) => {
    await using pod = await createPodDirectory(ANY_MAJOR)
    const recording = await recordPrograms(pod, moment)
    expect(await pod.bootstrap()).toMatchObject({ signal: 'SIGKILL' })
    recording.stop()
    // Whatever is in its place is a whole database: there is no third state.
    const committed = existsSync(pod.dataDirectory)
    const again = await pod.bootstrap()
    expect(again.output).toContain(committed ? 'nothing to do' : 'bootstrap: created')
    expect(again.code).toBe(0)
    await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
  })
})
