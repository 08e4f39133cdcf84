import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, symlink, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bootstrapError } from '../../src/api/bootstrap-error.ts'
import { createPodDirectory } from './pod-directory.ts'
import { ANY_MAJOR, OTHER_MAJOR } from './programs-under-test.ts'

describe('a volume that already holds something', () => {
  test.each([
    ['the mount itself', '', 'IncompatibleDataDirectory', ANY_MAJOR],
    ['data, as the image up to 17 has it', 'data', 'IncompatibleDataDirectory', ANY_MAJOR],
    ['data of another major', 'data', 'IncompatibleDataDirectory', OTHER_MAJOR],
    ['data/pgdata, as many manifests have it', 'data/pgdata', 'IncompatibleDataDirectory', ANY_MAJOR],
    ['a directory three levels down', 'a/b/c', 'IncompatibleDataDirectory', ANY_MAJOR],
    ['the place of another major', `${OTHER_MAJOR}/docker`, 'MajorUpgradeRequired', OTHER_MAJOR],
  ])('is refused when there is a cluster in %s', async (_where, directory, reason, major) => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume(directory, { PG_VERSION: `${major}\n` })
    const { code, output } = await pod.bootstrap()
    expect(code).toBe(78)
    const error = bootstrapError(output)
    expect(error?.reason).toBe(reason)
    expect(error?.message).toContain(join(pod.mount, directory))
    expect(error?.message).toContain(`PostgreSQL ${major}`)
    expect(existsSync(join(pod.mount, ANY_MAJOR))).toBe(false)
  })

  test('is refused when the data directory in its place is of another major', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume(`${ANY_MAJOR}/docker`, { PG_VERSION: `${OTHER_MAJOR}\n` })
    const message = `data directory ${pod.dataDirectory} holds PostgreSQL ${OTHER_MAJOR}, the image is ${ANY_MAJOR}`
    for (const { code, output } of [await pod.bootstrap(), await pod.startRefused()]) {
      expect(code).toBe(78)
      expect(bootstrapError(output)).toEqual({ reason: 'MajorUpgradeRequired', message })
    }
  })

  test.each([
    ['PG_VERSION is empty', { PG_VERSION: '' }, 'PG_VERSION is empty'],
    ['pg_control is missing', { PG_VERSION: `${ANY_MAJOR}\n` }, 'no global/pg_control'],
  ])('is refused when the data directory in its place is not whole: %s', async (_what, files, words) => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume(`${ANY_MAJOR}/docker`, files)
    for (const { code, output } of [await pod.bootstrap(), await pod.startRefused()]) {
      expect(code).toBe(78)
      expect(bootstrapError(output)).toMatchObject({
        reason: 'IncompatibleDataDirectory',
        message: expect.stringContaining(words),
      })
    }
  })

  test('is refused when the place of the data directory holds other files', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume(`${ANY_MAJOR}/docker`, { 'notes.txt': 'mine' })
    expect(await pod.bootstrap()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^IncompatibleDataDirectory: .* is not empty/),
    })
    expect(await readdir(pod.dataDirectory)).toEqual(['notes.txt'])
  })

  test('is refused when the place of the data directory is a link that leads nowhere', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume(ANY_MAJOR, {})
    await symlink('/nonexistent', pod.dataDirectory)
    expect(await pod.bootstrap()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^IncompatibleDataDirectory: /),
    })
  })

  test('is refused when a directory of it cannot be read, which may hide a cluster', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume('data', {}, 0o000)
    expect(await pod.bootstrap()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^IncompatibleDataDirectory: cannot look into/),
    })
  })

  test('is used when that is only lost+found, an empty data directory and what an interrupted bootstrap left', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await pod.placeOnVolume('lost+found', {}, 0o000)
    await pod.placeOnVolume(`${ANY_MAJOR}/docker`, {})
    await pod.placeOnVolume(`${ANY_MAJOR}/docker.init`, { PG_VERSION: `${ANY_MAJOR}\n` })
    await pod.placeOnVolume(`${OTHER_MAJOR}/docker.init`, { PG_VERSION: `${OTHER_MAJOR}\n` })
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    expect(existsSync(`${pod.dataDirectory}.init`)).toBe(false)
    await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
    await truncate(join(pod.dataDirectory, 'global', 'pg_control'))
    expect(await pod.startRefused()).toMatchObject({ code: 78 })
  })
})

describe('surroundings that are not as the manifests say', () => {
  test('are refused when the image runs another major', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    pod.environment['PGMAJOR'] = OTHER_MAJOR
    const { code, output } = await pod.bootstrap()
    expect(code).toBe(78)
    expect(bootstrapError(output)?.reason).toBe('ImageMajorMismatch')
    expect(await readdir(pod.mount)).toEqual([])
  })

  test.each(['PGDATA', 'PGMOUNT', 'PGMAJOR', 'PGSECRET'])('are refused when %s is not set', async (name) => {
    const pod = await createPodDirectory(ANY_MAJOR)
    pod.environment[name] = ''
    expect(await pod.bootstrap()).toMatchObject({ code: 78, output: `EnvironmentIncomplete: ${name} is not set\n` })
  })

  test.each(['/somewhere/else', '', '/'])(
    'are refused when PGDATA is not below the mount: its end is %j',
    async (end) => {
      const pod = await createPodDirectory(ANY_MAJOR)
      pod.environment['PGDATA'] = end.startsWith('/s') ? end : `${pod.mount}${end}`
      expect(await pod.bootstrap()).toMatchObject({
        code: 78,
        output: expect.stringMatching(/^EnvironmentIncomplete: PGDATA .* is not below/),
      })
    },
  )

  test('are refused when the image has no PostgreSQL', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    pod.environment['PATH'] = '/usr/bin:/bin'
    expect(await pod.bootstrap()).toMatchObject({ code: 78, output: expect.stringMatching(/^EnvironmentIncomplete: /) })
  })

  test('are refused by the server when nothing was bootstrapped', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    expect(await pod.startRefused()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^DataDirectoryMissing: /),
    })
  })

  test('do not stop a refusal when the termination log cannot be written', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    pod.environment['TERMINATION_LOG'] = '/nonexistent/termination-log'
    pod.environment['PGMAJOR'] = OTHER_MAJOR
    expect(await pod.bootstrap()).toMatchObject({
      code: 78,
      output: expect.stringMatching(/^ImageMajorMismatch: .*\n$/),
    })
  })

  test('make it fail, not refuse, when the volume cannot be written: another try may help', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    await rm(pod.mount, { recursive: true })
    await mkdir(pod.mount, { mode: 0o555 })
    const { code, output } = await pod.bootstrap()
    expect(code).toBe(1)
    expect(bootstrapError(output)).toMatchObject({
      reason: 'BootstrapFailed',
      message: expect.stringContaining(dirname(pod.dataDirectory)),
    })
  })
})
