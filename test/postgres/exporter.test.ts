/**
 * The exporter itself, started as its container is, beside a real server. Its program comes with neither npm nor this repository:
 * `POSTGRES_EXPORTER=/path/to/postgres_exporter npx vitest run test/postgres/exporter.test.ts`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { DEFAULT_EXPORTER } from '../../src/api/monitoring-schema.ts'
import { pgHbaConf } from '../../src/postgres/configuration.ts'
import { METRICS_FILES, METRICS_ROLE, METRICS_ROLE_SQL, pgIdentConf } from '../../src/postgres/metrics-role.ts'
import { findOnPath } from '../cluster/programs-source.ts'
import { EXPORTER_METRICS } from '../constructs/known-metrics.ts'
import { manifest, manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { programDirectory } from './installation.ts'
import { createPodDirectory, freePort } from './pod-directory.ts'
import { MAJORS } from './programs-under-test.ts'
import { isPostgresUser } from './unprivileged.ts'

const program = process.env['POSTGRES_EXPORTER'] ?? (await findOnPath('postgres_exporter'))
const major = MAJORS.findLast((one) => existsSync(join(programDirectory(one) ?? '', 'psql')))
// The user of the pod's exporter, whom the server knows by its name.
const NOBODY = 65_534
const canBecomeNobody = process.getuid?.() === 0 && isPostgresUser

function reasonToSkip(): string | undefined {
  if (program === undefined) return 'no postgres_exporter: POSTGRES_EXPORTER names none, and PATH has none'
  if (major === undefined) return 'no psql on this machine'
  return canBecomeNobody ? undefined : 'this user can be neither postgres nor nobody'
}

const reason = reasonToSkip()
if (reason !== undefined) process.stdout.write(`the exporter is not run: ${reason}\n`)

interface ExporterContainer {
  readonly name: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
}

/** Container and PodMonitor, as they are synthesised. */
function synthesised(): { container: ExporterContainer; scraped: { readonly port: string; readonly path: string } } {
  const manifests = manifestsOf('orders', SCENARIOS['monitored'] as (typeof SCENARIOS)[string])
  const { template } = manifest(manifests, 'StatefulSet')['spec'] as {
    template: { spec: { containers: ExporterContainer[] } }
  }
  const { podMetricsEndpoints } = manifest(manifests, 'PodMonitor')['spec'] as {
    podMetricsEndpoints: { port: string; path: string }[]
  }
  const [container, scraped] = [
    template.spec.containers.find(({ name }) => name === 'exporter'),
    podMetricsEndpoints[0],
  ]
  if (container === undefined || scraped === undefined) throw new Error('nothing is measured')
  return { container, scraped }
}

test('listens where the PodMonitor looks', () => {
  const { container, scraped } = synthesised()
  const port = container.ports.find(({ name }) => name === scraped.port)?.containerPort
  expect(container.args).toContain(`--web.listen-address=:${port}`)
})

test.skipIf(reason !== undefined)(
  'logs in under its role, and serves every series that alerts and dashboard name',
  async () => {
    // A program that was built without release flags does not say its version.
    const { stdout, stderr } = spawnSync(program as string, ['--version'], { encoding: 'utf8' })
    expect(stdout + stderr).toMatch(new RegExp(`version (${DEFAULT_EXPORTER.split(':v')[1]})? `))

    const pod = await createPodDirectory(major as NonNullable<typeof major>)
    expect(await pod.bootstrap()).toMatchObject({ code: 0 })
    const place = (name: string, text: string): Promise<void> => writeFile(join(pod.root, 'configuration', name), text)
    await place(METRICS_FILES.identities, pgIdentConf())
    await place(METRICS_FILES.role, METRICS_ROLE_SQL)
    await pod.configure('pg_hba.conf', pgHbaConf({ isMeasured: true }))
    await pod.serve(async (port) => {
      const slot = await pod.askAsSuperuser(
        port,
        `SELECT pg_create_physical_replication_slot('orders_standby_1', true)`,
      )
      expect(slot, slot.output).toMatchObject({ code: 0 })
      const { container, scraped } = synthesised()
      const metricsPort = await freePort()
      const local = (text: string): string =>
        text.replace('/var/run/postgresql', join(pod.root, 'run')).replace('port=5432', `port=${port}`)
      const exporter = spawn(
        program as string,
        container.args.map((arg) => arg.replace(/=:\d+$/, `=127.0.0.1:${metricsPort}`)),
        {
          env: Object.fromEntries(container.env.map(({ name, value }) => [name, local(value)])),
          stdio: ['ignore', 'ignore', 'pipe'],
          uid: NOBODY,
          gid: NOBODY,
        },
      )
      let log = ''
      exporter.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
      const ended = new Promise((resolve) => exporter.once('close', resolve))
      try {
        // The role is there as soon as the loop beside the server has made it; until then the exporter says that it is down.
        const metrics = await vi.waitFor(
          async () => {
            const text = await (await fetch(`http://127.0.0.1:${metricsPort}${scraped.path}`)).text()
            expect(text, log).toMatch(/^pg_up 1$/m)
            return text
          },
          { timeout: 30_000, interval: 500 },
        )
        const failed = metrics.split('\n').filter((line) => /^pg_scrape_collector_success\{.*\} 0$/.test(line))
        expect(failed, log).toEqual([])
        expect(metrics).toMatch(/^pg_exporter_last_scrape_error 0$/m)
        expect(metrics).toMatch(/^pg_scrape_collector_success\{collector="database_wraparound"\} 1$/m)
        const served = new Set(metrics.split('\n').map((line) => /^\w+/.exec(line)?.[0]))
        expect(EXPORTER_METRICS.filter((name) => !served.has(name))).toEqual([])
        const sessions = await pod.askAsSuperuser(
          port,
          `SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'exporter'`,
        )
        expect(sessions.output).toBe(`${METRICS_ROLE}\n`)
      } finally {
        exporter.kill()
        await ended
      }
    })
  },
)
