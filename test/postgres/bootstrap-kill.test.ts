import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createPodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { ANY_MAJOR } from './programs-under-test.ts'
import { recordPrograms } from './recorded-programs.ts'
import type { Call, KillMoment } from './recorded-programs.ts'

/** The calls that change something, in their order. The first postgres only says its version. */
const CHANGING = {
  'the directory is made': { program: 'mkdir', occurrence: 1 },
  'leftovers are removed': { program: 'rm', occurrence: 1 },
  'the cluster is made': { program: 'initdb', occurrence: 1 },
  'role and database are made': { program: 'postgres', occurrence: 2 },
  'the template is closed': { program: 'postgres', occurrence: 3 },
  'the schema is set and checked': { program: 'postgres', occurrence: 4 },
  'everything is written to disk': { program: 'sync', occurrence: 1 },
  'the directory is renamed': { program: 'mv', occurrence: 1 },
  'the name is written to disk': { program: 'sync', occurrence: 2 },
} satisfies Record<string, Call>

const steps = Object.entries<Call>(CHANGING)
const [cluster, role] = [CHANGING['the cluster is made'], CHANGING['role and database are made']]
const moments: [string, KillMoment][] = [
  ...steps.map(([step, call]): [string, KillMoment] => [`before ${step}`, { ...call, when: 'before' }]),
  // Between one call and the next there is nothing to interrupt, so only the last one needs an end of its own.
  ...steps.slice(-1).map(([step, call]): [string, KillMoment] => [`after ${step}`, { ...call, when: 'after' }]),
  ...['PG_VERSION', 'global/pg_control', 'base/1/PG_VERSION', 'base/5'].map((file): [string, KillMoment] => [
    `while the cluster is made, when there is ${file}`,
    { ...cluster, when: 'during', file: `*/docker.init/${file}` },
  ]),
  ...['postmaster.pid', 'base/1????'].map((file): [string, KillMoment] => [
    `while role and database are made, when there is ${file}`,
    { ...role, when: 'during', file: `*/docker.init/${file}` },
  ]),
]

/** A killed server cannot remove its System V segment, and the test takes away the directory by which the next would. */
async function removeSharedMemory(pod: PodDirectory): Promise<void> {
  const lockFile = join(`${pod.dataDirectory}.init`, 'postmaster.pid')
  if (!existsSync(lockFile)) return
  const segment = /^ *\d+ +(\d+)$/m.exec(await readFile(lockFile, 'utf8'))?.[1]
  // It may have removed the segment just before it was killed.
  const isThere = execFileSync('ipcs', ['-m'], { encoding: 'utf8' })
    .split(/\s+/)
    .includes(segment ?? '')
  if (segment !== undefined && isThere) execFileSync('ipcrm', ['-m', segment])
}

describe('a bootstrap that is killed', () => {
  test('runs the programs that change something in the order in which they are killed here', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    const recording = await recordPrograms(pod)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const changing = (await recording.calls())
      .map((call) => call.split('\0'))
      .filter(
        ([program = '', argument]) => steps.some(([, call]) => call.program === program) && argument !== '--version',
      )
    expect(changing.map(([program]) => program)).toEqual(steps.map(([, { program }]) => program))
  })

  test.each(moments)('%s is finished by the next run', async (_when, moment) => {
    const pod = await createPodDirectory(ANY_MAJOR)
    const recording = await recordPrograms(pod, moment)
    expect(await pod.bootstrap()).toMatchObject({ signal: 'SIGKILL' })
    await removeSharedMemory(pod)
    recording.stop()
    // Whatever is in its place is a whole database: there is no third state.
    const committed = existsSync(pod.dataDirectory)
    const again = await pod.bootstrap()
    expect(again.output).toContain(committed ? 'nothing to do' : 'bootstrap: created')
    expect(again.code).toBe(0)
    await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
  })

  test('by a signal that it can handle ends at once, and is finished by the next run', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    const running = pod.startBootstrap()
    while (!existsSync(`${pod.dataDirectory}.init`)) await delay(5)
    running.process.kill('SIGTERM')
    expect(await running.finished).toMatchObject({ code: 143 })
    expect(existsSync(pod.dataDirectory)).toBe(false)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
  })
})
