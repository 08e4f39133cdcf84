import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { PostgresMajor } from '../../src/api/image-reference.ts'
import { pgHbaConf } from '../../src/postgres/configuration.ts'
import { METRICS_FILES, METRICS_ROLE, METRICS_ROLE_SQL, pgIdentConf } from '../../src/postgres/metrics-role.ts'
import { programDirectory } from './installation.ts'
import { queryAsOwner } from './owner-query.ts'
import { createPodDirectory } from './pod-directory.ts'
import { MAJORS } from './programs-under-test.ts'
import { isPostgresUser } from './unprivileged.ts'

const hasPsql = (major: PostgresMajor): boolean => existsSync(join(programDirectory(major) ?? '', 'psql'))
const major = isPostgresUser ? MAJORS.find(hasPsql) : undefined
if (major === undefined) process.stdout.write('no psql, or no user postgres: the role of the exporter is not tried\n')

test.runIf(major !== undefined)('an existing database gets the role of the exporter with its next start', async () => {
  const pod = await createPodDirectory(major as PostgresMajor)
  expect(await pod.bootstrap()).toMatchObject({ code: 0 })
  const place = (name: string, text: string): Promise<void> => writeFile(join(pod.root, 'configuration', name), text)
  await place(METRICS_FILES.identities, pgIdentConf())
  await place(METRICS_FILES.role, METRICS_ROLE_SQL)
  await pod.configure('pg_hba.conf', pgHbaConf({ isMeasured: true }))
  await pod.serve(async (port) => {
    const ask = async (sql: string): Promise<{ code: number | null; output: string }> =>
      pod.startScript('ask.sh', { PGPORT: String(port), SQL: sql }).finished
    const options = `-X -q -A -t -w -h "$PGRUN" -p "$PGPORT" -U ${METRICS_ROLE} -d postgres`
    await place('ask.sh', `psql ${options} -c "$SQL"\n`)
    // By the system's user and without a password, as soon as the loop beside the server has made the role.
    const first = await vi.waitUntil(
      async () => {
        const answer = await ask('SELECT current_user')
        return answer.code === 0 && answer.output
      },
      { timeout: 30_000, interval: 500 },
    )
    expect(first).toBe(`${METRICS_ROLE}\n`)
    await queryAsOwner(port, 'CREATE TABLE secrets (id int)')
    expect((await ask("SELECT pg_has_role('pg_monitor', 'USAGE')")).output).toBe('t\n')
    expect((await ask('SELECT count(*) > 0 FROM pg_stat_activity WHERE query IS NOT NULL')).output).toBe('t\n')
    const rights = 'rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls'
    expect((await ask(`SELECT ${rights} FROM pg_roles WHERE rolname = current_user`)).output).toBe('f|f|f|f|f\n')
    for (const sql of ['CREATE TABLE mine ()', 'CREATE ROLE other', "SELECT pg_read_file('PG_VERSION')"])
      expect((await ask(sql)).output, sql).toMatch(/permission denied/)
    // Over the network it has no password to give.
    const remote = spawnSync(join(programDirectory(major as PostgresMajor) ?? '', 'psql'), [
      '-w',
      `postgresql://${METRICS_ROLE}@127.0.0.1:${port}/postgres`,
    ])
    expect(remote.status).not.toBe(0)
  })
})
