/** Whatever becomes of the one that leads, nobody writes beside the one that leads now: by the API server's record. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, assert, beforeAll, describe, expect, test, vi } from 'vitest'
import { isStoredWrite } from '../cluster/audit-log.ts'
import type { AuditEvent } from '../cluster/audit-log.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { startFaultProxy } from '../faults/proxy.ts'
import type { FaultProxy } from '../faults/proxy.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { installDefinition, labManifest } from './database.ts'

const cluster = await useControlPlane()
const directory = mkdtempSync(join(tmpdir(), 'writers-'))
const namespaces = {
  killed: await createNamespace(cluster, 'killed'),
  frozen: await createNamespace(cluster, 'frozen'),
  cut: await createNamespace(cluster, 'cut'),
}
/** What ends everything that was started. */
const endings: (() => unknown)[] = []

afterAll(async () => {
  await Promise.all(endings.map((end) => end()))
  rmSync(directory, { recursive: true, force: true })
})

/** Two controllers that agree about one Lease, a proxy before the first, and somebody who gives them work all the time. */
interface Rivals {
  readonly namespace: string
  readonly first: ControllerProcess
  readonly second: ControllerProcess
  readonly proxy: FaultProxy
}

async function startRivals(namespace: string): Promise<Rivals> {
  const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority)
  endings.push(() => proxy.close())
  const start = async (name: string): Promise<ControllerProcess> => {
    const direct = await cluster.serviceAccountKubeconfig(namespace, name)
    const grant = [
      'create',
      'rolebinding',
      name,
      '--clusterrole=cluster-admin',
      `--serviceaccount=${namespace}:${name}`,
    ]
    await cluster.kubectl(['-n', namespace, ...grant])
    const kubeconfig = join(directory, `${namespace}.${name}`)
    if (name === 'first') await proxy.writeKubeconfig(direct, kubeconfig)
    const flags = ['--watch-namespace', namespace, '-n', namespace, '--leader-elect', '--verify=off']
    const process = startController(flags, { kubeconfig: name === 'first' ? kubeconfig : direct })
    endings.push(() => process.stop())
    return process
  }
  const first = await start('first')
  await first.says('"msg":"leading"')
  const second = await start('second')
  await second.says('"msg":"waiting to lead"')
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: labManifest() })
  await first.says('Configuring -> Deploying')
  disturb(namespace)
  return { namespace, first, second, proxy }
}

/** Changes a child again and again, so that whoever thinks that he leads has something to write. */
function disturb(namespace: string): void {
  const over = new AbortController()
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/test-db`
  const disturbing = (async (): Promise<void> => {
    while (!over.signal.aborted) {
      await cluster.request('PATCH', path, {
        body: { spec: { policyTypes: ['Ingress'] } },
        contentType: 'application/merge-patch+json',
      })
      await sleep(200)
    }
  })()
  endings.push(() => {
    over.abort()
    return disturbing
  })
}

/** What a candidate stored, but for the Lease itself. */
async function writesOf(namespace: string, name: string): Promise<readonly AuditEvent[]> {
  const user = `system:serviceaccount:${namespace}:${name}`
  const events = await cluster.auditEvents()
  return events.filter(
    (event) => event.user.username === user && isStoredWrite(event) && event.objectRef?.resource !== 'leases',
  )
}

/** The second has taken over and works; nothing of the first came after it had taken the lease. */
async function expectOneWriter({ namespace, second }: Rivals): Promise<void> {
  await second.says('"msg":"leading"')
  await vi.waitFor(async () => assert((await writesOf(namespace, 'second')).length > 5), { timeout: 30_000 })
  const taken = (await cluster.auditEvents()).find(
    ({ user, verb, objectRef, responseStatus }) =>
      user.username === `system:serviceaccount:${namespace}:second` &&
      objectRef?.resource === 'leases' &&
      verb === 'update' &&
      responseStatus?.code === 200,
  )
  const before = await writesOf(namespace, 'first')
  expect(before.length).toBeGreaterThan(5)
  expect(taken).toBeDefined()
  const late = before.filter(({ stageTimestamp }) => stageTimestamp >= (taken?.requestReceivedTimestamp ?? ''))
  expect(late.map(({ verb, requestURI, stageTimestamp }) => `${stageTimestamp} ${verb} ${requestURI}`)).toEqual([])
}

/** All at the same time: most of it is waiting. */
const scenarios = {
  async killed() {
    const rivals = await startRivals(namespaces.killed)
    rivals.first.child.kill('SIGKILL')
    await rivals.first.ended
    await expectOneWriter(rivals)
  },
  async frozen() {
    const rivals = await startRivals(namespaces.frozen)
    const { first } = rivals
    first.child.kill('SIGSTOP')
    await sleep(20_000)
    await rivals.second.says('"msg":"leading"')
    first.child.kill('SIGCONT')
    expect((await first.ended).code).toBe(1)
    await first.says('the lease was not renewed for 10 s')
    await expectOneWriter(rivals)
  },
  async cut() {
    const rivals = await startRivals(namespaces.cut)
    const { first, second, proxy } = rivals
    proxy.cut()
    expect((await first.ended).code).toBe(1)
    expect(second.said()).not.toContain('"msg":"leading"')
    await first.says('the lease was not renewed for 10 s')
    await expectOneWriter(rivals)
  },
}

describe('nobody writes beside the one that leads', () => {
  const outcomes = new Map<string, Promise<unknown>>()
  beforeAll(async () => {
    await installDefinition(cluster)
    for (const [name, run] of Object.entries(scenarios)) {
      const outcome = run().catch((error: unknown) => error)
      outcomes.set(name, outcome)
    }
  })

  test.each([
    ['killed', 'killed'],
    ['frozen for 20 s, which ends it without another write', 'frozen'],
    ['cut off from the API server, which ends it before anybody takes over', 'cut'],
  ])('when the one before was %s', { timeout: 120_000 }, async (_, name) => {
    expect(await outcomes.get(name)).toBeUndefined()
  })
})
