/** What a run remembers of a fleet, against a real API server: pods are ready at once, logins are answered by a stub. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBenchCluster } from '../../bench/cluster.ts'
import type { BenchCluster } from '../../bench/cluster.ts'
import { synthesise } from '../../bench/manifests.ts'
import type { ManifestSet } from '../../bench/manifests.ts'
import type { RequestCounts } from '../../bench/requests.ts'
import { isOf } from '../../bench/sides.ts'
import { untilSettled } from '../../bench/settling.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'

/** More than are logged in to in every run. */
const DATABASES = 11
const NAMESPACE = 'bench-a-000'

const directory = mkdtempSync(join(tmpdir(), 'memory-'))
let cluster: BenchCluster
let set: ManifestSet

beforeAll(async () => {
  cluster = await startBenchCluster({ counted: true, log: () => undefined })
  set = await synthesise(join(directory, 'dist'), DATABASES, 1)
  expect((await apply()).code).toBe(0)
  await untilSettled(cluster.api, set.namespaces, DATABASES, AbortSignal.timeout(60_000))
}, 300_000)

afterAll(async () => {
  await cluster?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const apply = (...flags: readonly string[]): Promise<CommandResult> =>
  cli(['apply', '-f', join(directory, 'dist'), ...flags], {
    kubeconfig: cluster.kubeconfig,
    environment: { XDG_CACHE_HOME: join(directory, 'cache') },
  })

/** What the command has asked of the server since the last time. */
async function counted(): Promise<Pick<RequestCounts, 'dryRuns' | 'writes'>> {
  if (cluster.requests === undefined) throw new Error('this cluster counts nothing')
  return cluster.requests.take((event) => isOf('ours', event))
}

interface Report {
  readonly changes: readonly {
    readonly object: { readonly kind: string; readonly name: string }
    readonly action: string
    readonly proof: string
  }[]
}

/** Databases by what the plan of a run rests on. */
async function proofs(...flags: readonly string[]): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await apply('-o', 'json', ...flags)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const { changes } = JSON.parse(stdout) as Report
  const databases = changes.filter(({ object }) => object.kind === 'Database').map(({ proof }) => proof)
  return Object.fromEntries([...Map.groupBy(databases, (proof) => proof)].map(([proof, some]) => [proof, some.length]))
}

test('a run looks only at databases of which something was written since the last one', async () => {
  expect(await proofs()).toEqual({ certificate: DATABASES })
  expect(await proofs()).toEqual({ remembered: DATABASES })
  expect(await proofs('--no-memory')).toEqual({ certificate: DATABASES })

  // A pod is no part of the manifests, and still of what is judged.
  await cluster.api.merge(`/api/v1/namespaces/${NAMESPACE}/pods/orders-0003-0`, {
    metadata: { labels: { note: 'seen' } },
  })
  expect(await proofs()).toEqual({ certificate: 1, remembered: DATABASES - 1 })
  expect(await proofs()).toEqual({ remembered: DATABASES })

  const plan = join(directory, 'plan.json')
  await cli(['diff', '-f', join(directory, 'dist'), '--out', plan], {
    kubeconfig: cluster.kubeconfig,
    environment: { XDG_CACHE_HOME: join(directory, 'cache') },
  })
  expect(readFileSync(plan, 'utf8')).not.toContain('remembered')
})

test('what others changed is seen, and put back on a word', async () => {
  expect(await proofs()).toEqual({ remembered: DATABASES })
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/orders-0005-config`
  await cluster.api.merge(path, { data: { username: 'somebody' } })
  await counted()
  const { code, stdout, stderr } = await apply()
  // It is a conflict: the field is another manager's now.
  expect(stderr).toContain('orders-0005-config')
  expect(code).toBe(3)
  expect(stdout.match(/^ready: /gm)).toHaveLength(DATABASES - 1)
  expect((await apply('--force-conflicts')).stdout).toContain('1 updated')
  expect(await counted()).toMatchObject({ writes: 1 })
})

test('one changed manifest costs one dry run and one write, and no other database is looked at', async () => {
  await proofs()
  expect(await proofs()).toEqual({ remembered: DATABASES })
  const file = join(
    directory,
    'dist',
    readdirSync(join(directory, 'dist')).find((name) => name.includes('orders-0007')) ?? '',
  )
  const text = readFileSync(file, 'utf8')
  const services = text.replace(/^kind: Service\nmetadata:\n/m, '$&  annotations: { example.com/note: changed }\n')
  expect(services).not.toBe(text)
  await counted()
  writeFileSync(file, services)
  const { code, stdout } = await apply()
  expect(code).toBe(0)
  expect(stdout).toMatch(/1 updated · .* · 1 dry-run · 1 write/)
  expect(await counted()).toMatchObject({ dryRuns: 1, writes: 1 })
})
