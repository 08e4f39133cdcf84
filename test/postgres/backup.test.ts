import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { BACKUP_SCRIPT } from '../../src/postgres/backup.ts'
import { programDirectory } from './installation.ts'
import { queryAsOwner } from './owner-query.ts'
import { CREDENTIALS, makePodDirectory } from './pod-directory.ts'
import type { PodDirectory } from './pod-directory.ts'
import { MAJORS } from './programs-under-test.ts'
import { giveAway } from './unprivileged.ts'
import type { Outcome, Running } from './unprivileged.ts'

/** Characters that a password file and a shell would take for something else. */
const PASSWORD = String.raw`a:b\c'd"$e`

const hasDump = (major: PostgresMajor): boolean => existsSync(join(programDirectory(major) ?? '', 'pg_dump'))
const major = MAJORS.find(hasDump)
if (major === undefined) process.stdout.write('no pg_dump on this machine: dumps are not tried\n')
const shells = ['dash', 'bash', 'busybox'].flatMap((shell) => {
  const found = spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? [] : [shell === 'busybox' ? [found, 'sh'] : [found]]
})

describe.runIf(major !== undefined)('a backup', () => {
  let pod: PodDirectory
  let port: number
  let stop: () => void
  let served: Promise<unknown>
  const directory = (): string => join(pod.root, 'backups')
  const files = async (): Promise<string[]> => (await readdir(directory())).toSorted()
  const start = (more: Record<string, string> = {}, shell?: readonly string[]): Running =>
    pod.startScript(
      'backup.sh',
      {
        PGHOST: '127.0.0.1',
        PGPORT: String(port),
        PGDATABASE: CREDENTIALS.database,
        PGUSER: CREDENTIALS.username,
        BACKUP_DIRECTORY: directory(),
        TMPDIR: join(pod.root, 'run'),
        HOSTNAME: 'backup-1',
        ...more,
      },
      shell,
    )
  const backup = (more: Record<string, string> = {}, shell?: readonly string[]): Promise<Outcome> =>
    start(more, shell).finished
  const query = (sql: string): Promise<unknown> => queryAsOwner(port, sql, PASSWORD)

  beforeAll(async () => {
    pod = await makePodDirectory(major as PostgresMajor, { ...CREDENTIALS, password: PASSWORD })
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    await writeFile(join(pod.root, 'configuration', 'backup.sh'), BACKUP_SCRIPT)
    const { promise, resolve } = Promise.withResolvers<void>()
    stop = resolve
    port = await new Promise<number>((ready, reject) => {
      served = pod.serve(async (number) => {
        ready(number)
        await promise
      })
      served.catch(reject)
    })
    await query('CREATE TABLE orders (id int PRIMARY KEY, note text)')
    await query('INSERT INTO orders SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 2000) n')
  })
  afterAll(async () => {
    stop()
    await served
    await pod.dispose()
  })
  beforeEach(async () => {
    await rm(directory(), { recursive: true, force: true })
    await mkdir(directory())
    await giveAway(directory(), 0o755)
  })

  test.each(shells)('run by %s makes a dump that restores, with whatever password', async (...shell) => {
    const { code, output } = await backup({}, shell)
    expect(output).toMatch(/^backup: wrote mydb-\d{8}T\d{6}Z\.dump, \d+ bytes\nbackup: 1 kept\n$/)
    expect(code).toBe(0)
    const [file = ''] = await files()
    expect(await files()).toHaveLength(1)
    await query('CREATE TABLE later ()')
    const environment = {
      PGPASSWORD: PASSWORD,
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: CREDENTIALS.username,
    }
    const restore = join(programDirectory(major as PostgresMajor) ?? '', 'pg_restore')
    await query('DELETE FROM orders WHERE id > 10')
    execFileSync(
      restore,
      [
        '--clean',
        '--if-exists',
        '--no-owner',
        '--single-transaction',
        '--exit-on-error',
        `--dbname=${CREDENTIALS.database}`,
        join(directory(), file),
      ],
      { env: { ...environment, PATH: process.env['PATH'] }, stdio: 'pipe' },
    )
    expect(await query('SELECT count(*)::int AS orders FROM orders')).toMatchObject({ rows: [{ orders: 2000 }] })
    await query('DROP TABLE IF EXISTS later')
  })

  test('says in one line why there is none, and shows no password', async () => {
    await pod.writeCredentials({ ...CREDENTIALS, password: 'not-the-password' })
    try {
      const { code, output } = await backup()
      expect(code).toBe(1)
      expect(output.split('\n')[0]).toMatch(/^BackupFailed: pg_dump: .*password authentication failed/)
      expect(output).not.toContain('not-the-password')
      expect(await readFile(pod.terminationLog, 'utf8')).toMatch(/^BackupFailed: pg_dump: /)
      expect(await files()).toEqual([])
    } finally {
      await pod.writeCredentials({ ...CREDENTIALS, password: PASSWORD })
    }
  })

  test('that cannot be read back is none', async () => {
    const programs = join(pod.root, 'broken')
    await mkdir(programs, { recursive: true })
    const real = join(programDirectory(major as PostgresMajor) ?? '', 'pg_dump')
    // What a full disk or a broken network leaves: the table of contents is whole, the data is not.
    const script = `#!/bin/sh
"${real}" "$@" || exit
case "$*" in *--file=*) file=\${*##*--file=}; size=$(wc -c <"$file"); truncate -s $((size - 2000)) "$file" ;; esac
`
    await writeFile(join(programs, 'pg_dump'), script)
    await chmod(join(programs, 'pg_dump'), 0o755)
    pod.path.push(programs)
    try {
      const { code, output } = await backup()
      expect(output.split('\n')[0]).toMatch(/^BackupFailed: pg_restore: /)
      expect(code).toBe(1)
      expect(await files()).toEqual([])
    } finally {
      pod.path.pop()
    }
  })

  describe('that is killed', () => {
    let locking: Client
    beforeAll(async () => {
      locking = new Client({ host: '127.0.0.1', port, ...CREDENTIALS, user: CREDENTIALS.username, password: PASSWORD })
      await locking.connect()
      // A dump waits for this table, so that the kill finds it at work.
      await locking.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE')
    })
    afterAll(() => locking.end())

    const halfDone = async (): Promise<Running> => {
      const running = start()
      await vi.waitUntil(async () => (await files()).length === 1, { timeout: 15_000 })
      return running
    }

    test('by the kubelet leaves nothing', async () => {
      const running = await halfDone()
      running.process.kill('SIGTERM')
      expect((await running.finished).code).toBe(143)
      expect(await files()).toEqual([])
    })

    test('with its node leaves what counts as nothing and goes after a while', async () => {
      const running = await halfDone()
      process.kill(-(running.process.pid ?? 0), 'SIGKILL')
      await running.finished
      const [left = ''] = await files()
      expect(left).toMatch(/^\.mydb-\d{8}T\d{6}Z\.dump\.backup-1\.partial$/)
      await locking.query('COMMIT')
      // Another pod may be writing to it.
      expect((await backup({ BACKUP_COUNT: '1', HOSTNAME: 'backup-2' })).output).toContain('backup: 1 kept')
      expect(await files()).toHaveLength(2)
      const longAgo = new Date(Date.now() - 3 * 3_600_000)
      await utimes(join(directory(), left), longAgo, longAgo)
      await vi.waitUntil(async () => (await backup({ BACKUP_COUNT: '1', HOSTNAME: 'backup-2' })).code === 0, {
        timeout: 15_000,
      })
      expect((await files()).filter((file) => file.endsWith('.partial'))).toEqual([])
      expect(await files()).toHaveLength(1)
    })
  })

  describe('lets old dumps go', () => {
    const stamp = (daysAgo: number): string => {
      const time = new Date(Date.now() - daysAgo * 86_400_000).toISOString()
      return `${time.slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    }
    const named = (daysAgo: number): string => `mydb-${stamp(daysAgo)}.dump`
    const place = async (...names: readonly string[]): Promise<void> => {
      for (const name of names) {
        await writeFile(join(directory(), name), 'a dump')
        await giveAway(join(directory(), name), 0o600)
      }
    }

    test('that are too many, and nothing else', async () => {
      const [old, older, oldest] = [named(1), named(2), named(3)]
      await place(old, older, oldest, 'by-hand.dump', 'other-20200101T000000Z.dump', 'mydb-20200101T000000Z.sql')
      const { output } = await backup({ BACKUP_COUNT: '2' })
      expect(output).toContain(`backup: removed ${oldest}, more than 2\nbackup: removed ${older}, more than 2\n`)
      expect(output).toContain('backup: 2 kept\n')
      expect(await files()).toEqual(
        expect.arrayContaining([old, 'by-hand.dump', 'mydb-20200101T000000Z.sql', 'other-20200101T000000Z.dump']),
      )
      expect(await files()).toHaveLength(5)
    })

    test('that are too old', async () => {
      await place(named(1), named(6), named(8), named(30))
      const { output } = await backup({ BACKUP_DAYS: '7' })
      expect(output).toMatch(/(backup: removed .*, older than 7 days\n){2}backup: 3 kept\n/)
    })

    test('but never because a new one failed', async () => {
      await place(named(30), named(40))
      expect(await backup({ BACKUP_COUNT: '1', BACKUP_DAYS: '1', PGDATABASE: 'nosuch' })).toMatchObject({ code: 1 })
      expect(await files()).toHaveLength(2)
    })
  })

  test('is refused where the image has other programs than the manifests say', async () => {
    const { code, output } = await backup({ PGMAJOR: '17' })
    expect(output).toMatch(/^ImageMajorMismatch: pg_dump is of PostgreSQL /)
    expect(code).toBe(78)
  })
})
