/** The controller, as a process of its own, on the real API server with real PostgreSQL; a user drives it with kubectl. */
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest, password, query, storedWrites, writtenPhases } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const namespace = await createNamespace(cluster, 'controller', {
  labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
})

let controller: ChildProcess | undefined
let ended: Promise<CommandResult> | undefined
/** Everything that it logged. */
let said = ''

/** What it serves. */
async function served(path: string): Promise<string> {
  const port = /"msg":"listening".*"port":(\d+)/.exec(said)?.[1] ?? ''
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text()
}

function startController(): void {
  const flags = ['--watch-namespace', namespace, '--listen', '127.0.0.1:0']
  ended = cli(['controller', ...flags], {
    kubeconfig,
    onStart: (child) => {
      controller = child
      child.stdout?.on('data', (text: Buffer) => (said += text.toString()))
    },
  })
}

async function stopController(): Promise<CommandResult | undefined> {
  controller?.kill('SIGTERM')
  return ended
}

beforeAll(async () => {
  await installDefinition(cluster)
  startController()
})
afterAll(stopController)

const kubectl = (args: readonly string[], stdin?: string): ReturnType<typeof cluster.kubectl> =>
  cluster.kubectl(['-n', namespace, ...args], stdin === undefined ? {} : { stdin })

async function waitFor(expected: string, args: readonly string[]): Promise<void> {
  await expect.poll(async () => (await kubectl(args)).stdout.trim(), { timeout: 45_000, interval: 200 }).toBe(expected)
}

const phase = ['get', 'database', 'test-db', '-o', 'jsonpath={.status.phase}']

describe('the controller', () => {
  test('brings what kubectl applies to Ready, and shows every phase', async () => {
    const { code, stderr } = await kubectl(['apply', '-f', '-'], labManifest())
    expect(code, stderr).toBe(0)
    await waitFor('Ready', phase)
    expect(await writtenPhases(cluster, namespace)).toEqual([
      'Pending',
      'Provisioning',
      'Configuring',
      'Deploying',
      'Verifying',
      'Ready',
    ])
    const [row] = await query(cluster, namespace, 'select current_user as role', {
      password: await password(cluster, namespace),
    })
    expect(row).toEqual({ role: 'admin' })
  })

  test('tells how it goes, to Prometheus and to kubectl describe', async () => {
    expect(await served('/readyz')).toBe('ok')
    const metrics = await served('/metrics')
    expect(metrics).toContain(`database_phase{namespace="${namespace}",name="test-db",phase="Ready"} 1`)
    expect(metrics).toMatch(/controller_runtime_reconcile_total\{controller="database",result="success"\} [1-9]/)
    const { stdout } = await kubectl(['describe', 'database', 'test-db'])
    expect(stdout).toMatch(/Normal\s+AllChecksPassed\s+\S+\s+cdk8s-database\s+Verifying -> Ready: /)
  })

  test('writes nothing when all is as it should be', async () => {
    const before = (await storedWrites(cluster, namespace)).length
    await kubectl(['annotate', 'database', 'test-db', 'note=hello'])
    await new Promise((resolve) => setTimeout(resolve, 2000))
    expect((await storedWrites(cluster, namespace)).slice(before)).toEqual([])
  })

  test('restores a child that somebody deleted, and one that somebody changed', async () => {
    await kubectl(['delete', 'service', 'test-db-pods'])
    await waitFor('test-db-pods', [
      'get',
      'service',
      'test-db-pods',
      '--ignore-not-found',
      '-o',
      'jsonpath={.metadata.name}',
    ])
    await kubectl(['patch', 'networkpolicy', 'test-db', '--type=merge', '-p', '{"spec":{"policyTypes":["Ingress"]}}'])
    await waitFor('["Ingress","Egress"]', ['get', 'networkpolicy', 'test-db', '-o', 'jsonpath={.spec.policyTypes}'])
    await waitFor('Ready', phase)
    expect(await served('/metrics')).toContain(
      `database_drift_corrected_total{namespace="${namespace}",name="test-db"} 2`,
    )
  })

  test('rolls a changed spec out through Updating and Verifying', async () => {
    await kubectl([
      'patch',
      'database',
      'test-db',
      '--type=merge',
      '-p',
      '{"spec":{"parameters":{"max_connections":"50"}}}',
    ])
    await expect
      .poll(
        async () =>
          (await kubectl(['get', 'database', 'test-db', '-o', 'jsonpath={.status.observedGeneration} {.status.phase}']))
            .stdout,
        { timeout: 45_000, interval: 200 },
      )
      .toBe('2 Ready')
    expect((await writtenPhases(cluster, namespace)).slice(-3)).toEqual(['Updating', 'Verifying', 'Ready'])
    const [row] = await query(cluster, namespace, 'show max_connections', {
      password: await password(cluster, namespace),
    })
    expect(row).toEqual({ max_connections: '50' })
  })

  test('takes a correction of a bad image', async () => {
    await kubectl([
      'patch',
      'database',
      'test-db',
      '--type=merge',
      '-p',
      '{"spec":{"image":"postgres:14.99-nonsense"}}',
    ])
    await waitFor('ErrImagePull', [
      'get',
      'database',
      'test-db',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].reason}',
    ])
    await kubectl(['patch', 'database', 'test-db', '--type=merge', '-p', '{"spec":{"image":"postgres:14"}}'])
    await waitFor('Ready', phase)
  })

  test('goes on from where another process was killed', async () => {
    controller?.kill('SIGKILL')
    await ended
    await kubectl(['delete', 'configmap', 'test-db-config'])
    startController()
    await waitFor('test-db-config', [
      'get',
      'configmap',
      'test-db-config',
      '--ignore-not-found',
      '-o',
      'jsonpath={.metadata.name}',
    ])
  })

  test('cleans up behind a deleted database, and keeps volume and credentials for the next one', async () => {
    const before = await password(cluster, namespace)
    const { code, stderr } = await kubectl(['delete', 'databases', '--all', '--timeout=40s'])
    expect(code, stderr).toBe(0)
    await waitFor('', ['get', 'sts,svc,pod', '-o', 'name'])
    const { stdout } = await kubectl(['get', 'pvc,secret', '-o', 'name'])
    expect(stdout.trim().split('\n')).toEqual(['persistentvolumeclaim/data-test-db-0', 'secret/test-db-credentials'])
    await kubectl(['apply', '-f', '-'], labManifest())
    await waitFor('Ready', phase)
    expect(await password(cluster, namespace)).toBe(before)
  })

  test('ends in good order when it is told to', async () => {
    const result = await stopController()
    expect(result?.stderr).toBe('')
    expect(result?.code).toBe(0)
    expect(result?.stdout).toContain('"msg":"STATE TRANSITION: Verifying -> Ready"')
    for (const line of result?.stdout.trim().split('\n') ?? []) expect(JSON.parse(line)).toHaveProperty('msg')
  })
})
