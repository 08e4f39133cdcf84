import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { createPodDirectory, CREDENTIALS } from './pod-directory.ts'
import { queryAsOwner } from './owner-query.ts'
import { ANY_MAJOR, MAJORS } from './programs-under-test.ts'

/** The shells of this machine, each as a command. */
const SHELLS = ['dash', 'bash', 'busybox'].flatMap((shell) => {
  const found = spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim()
  if (found === '') process.stdout.write(`no ${shell} on this machine: the scripts are not tested with it\n`)
  return found === '' ? [] : [{ shell, command: shell === 'busybox' ? [found, 'sh'] : [found] }]
})

describe.each(MAJORS)('bootstrap of PostgreSQL %s', (major) => {
  test('C17: makes a database that the role owns, reaches with its password, and is not a superuser of', async () => {
    const pod = await createPodDirectory(major)
    const { code, output } = await pod.bootstrap()
    expect(output).toContain(`bootstrap: created PostgreSQL ${major}`)
    expect(code).toBe(0)
    expect(existsSync(`${pod.dataDirectory}.init`)).toBe(false)
    await pod.serve(async (port) => {
      expect(await pod.login(port)).toMatchObject({ ok: true, serverVersion: expect.stringMatching(`^${major}\\.`) })
      expect(await pod.login(port, { password: 'guess' })).toMatchObject({ ok: false, reason: 'LoginRejected' })
      await queryAsOwner(port, 'CREATE TABLE public.kept (id int)')
      const settings = `SELECT datcollate, pg_encoding_to_char(encoding) AS encoding,
        current_setting('data_checksums') AS checksums, upper('straße é') AS upper, 'é' > 'z' AS ordered_by_code_point
        FROM pg_database WHERE datname = current_database()`
      expect((await queryAsOwner(port, settings)).rows).toEqual([
        { datcollate: 'C', encoding: 'UTF8', checksums: 'on', upper: 'STRAßE É', ordered_by_code_point: true },
      ])
      await expect(queryAsOwner(port, 'CREATE DATABASE other')).rejects.toMatchObject({ code: '42501' })
      for (const sql of [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        'CREATE ROLE other',
        'ALTER ROLE admin SUPERUSER',
      ])
        await expect(queryAsOwner(port, sql), sql).rejects.toMatchObject({ code: '42501' })
      const rights = 'rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls'
      expect((await queryAsOwner(port, `SELECT ${rights} FROM pg_roles WHERE rolname = current_user`)).rows).toEqual([
        { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false, rolbypassrls: false },
      ])
    })
  })

  test('keeps the role out of the databases that come with PostgreSQL, and everybody from creating in them', async () => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await pod.serve(async (port) => {
      for (const database of ['postgres', 'template1']) {
        const { username: user, password } = CREDENTIALS
        const client = new Client({ host: '127.0.0.1', port, user, password, database, ssl: false })
        await expect(client.connect()).rejects.toMatchObject({
          code: '42501',
          message: `permission denied for database "${database}"`,
        })
      }
    })
    for (const database of ['postgres', 'template1']) {
      const creators = await pod.ask(database, "SELECT has_schema_privilege('public', 'public', 'CREATE') AS everybody")
      expect(creators, database).toContain('everybody = "f"')
    }
  })

  test('does nothing the second time, and starts again after a recursive change of group access', async () => {
    const pod = await createPodDirectory(major)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const before = await stat(join(pod.dataDirectory, 'global', 'pg_control'))
    await pod.writeCredentials({})
    const again = await pod.bootstrap()
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing to do') })
    expect((await stat(join(pod.dataDirectory, 'global', 'pg_control'))).mtimeMs).toBe(before.mtimeMs)
    execFileSync('chmod', ['-R', 'g+rwX', pod.dataDirectory])
    execFileSync('chmod', ['g+s', pod.dataDirectory])
    await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
  })
})

describe.each(SHELLS)('the scripts under $shell', ({ command }) => {
  test('make a working database', async () => {
    const pod = await createPodDirectory(ANY_MAJOR)
    expect(await pod.bootstrap(command)).toMatchObject({ code: 0 })
    expect(await pod.bootstrap(command)).toMatchObject({
      code: 0,
      output: expect.stringContaining('nothing to do'),
    })
    await pod.serve(async (port) => expect(await pod.login(port)).toMatchObject({ ok: true }))
  })

  test('refuse with exit code 78 and the reason in the first line and in the termination log', async () => {
    const pod = await createPodDirectory(ANY_MAJOR, { ...CREDENTIALS, password: undefined })
    const { code, output } = await pod.bootstrap(command)
    expect(code).toBe(78)
    expect(output).toMatch(/^CredentialsUnreadable: password is missing/)
    expect(await readFile(pod.terminationLog, 'utf8')).toBe(output)
    expect(await readdir(pod.mount)).toEqual([])
  })
})
