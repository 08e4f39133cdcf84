/** Elections against a real API server, with short times. */
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect } from '../../src/cluster/connect.ts'
import type { Client } from '../../src/cluster/client.ts'
import { steadyClock } from '../../src/cluster/clock.ts'
import { isConflict } from '../../src/cluster/error-guards.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { LeadershipLostError } from '../../src/controller/leader-election.ts'
import { recordOf } from '../../src/controller/lease.ts'
import type { LeaseRecord } from '../../src/controller/lease.ts'
import type { LeaseClient } from '../../src/controller/lease-lock.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { startCandidate } from './candidate.ts'
import type { Candidate, CandidateOptions } from './candidate.ts'

const controlPlane = await useControlPlane()
const client: Client = connect(await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} }), {
  environment: {},
})
afterAll(() => client.transport.close())

/** Long enough for a machine that has much else to do; nobody waits for the end of such a lease. */
const times = { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 250 }

/** Of an election that is to be lost. */
const shortTimes = { leaseDurationMs: 3000, renewDeadlineMs: 1500, retryPeriodMs: 250 }

/** Ends when the test does, whatever became of it. */
function start(line: LeaseClient, identity: string, namespace: string, options: CandidateOptions = {}): Candidate {
  const candidate = startCandidate(line, steadyClock, identity, { ...times, namespace, ...options })
  onTestFinished(async () => {
    candidate.stop()
    await candidate.outcome
  })
  return candidate
}

async function recordIn(namespace: string): Promise<LeaseRecord | undefined> {
  const reference = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: 'controller' }
  const lease = await client.get(reference)
  return lease === undefined ? undefined : recordOf(lease)
}

const until = (condition: () => boolean): Promise<unknown> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 20 })

describe('on a real API server', () => {
  test('exactly one of two leads, and hands over fast when it is told to stop', async () => {
    const namespace = await createNamespace(controlPlane, 'election')
    const both = [start(client, 'one', namespace), start(client, 'two', namespace)]
    await until(() => both.some(({ isWorking }) => isWorking()))
    await steadyClock.sleep(1000)
    const [leader, follower] = both.toSorted((left, right) => right.startedAt.length - left.startedAt.length)
    expect([leader?.isWorking(), follower?.isWorking()]).toEqual([true, false])
    const record = await recordIn(namespace)
    expect(record?.holderIdentity).toBe(leader?.election.identity)
    expect(record?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(record?.renewTime).not.toBe(record?.acquireTime)

    const stoppedAt = steadyClock.now()
    leader?.stop()
    expect(await leader?.outcome).toBe('ended')
    await until(() => follower?.isWorking() === true)
    const handedOverInMs = (follower?.startedAt[0] ?? 0) - stoppedAt
    expect(handedOverInMs, 'without waiting for the lease to expire').toBeLessThan(times.leaseDurationMs)
    expect(await recordIn(namespace)).toMatchObject({
      holderIdentity: follower?.election.identity,
      leaseTransitions: 1,
    })
  })

  test('a record that was released is what the server accepts', async () => {
    const namespace = await createNamespace(controlPlane, 'released')
    const one = start(client, 'one', namespace)
    await until(one.isWorking)
    one.stop()
    await one.outcome
    expect(one.events.map(({ type }) => type)).toEqual(['leading', 'released'])
    expect(await recordIn(namespace)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
  })

  test('a holder that cannot renew is replaced when its lease has expired, and its work was aborted before', async () => {
    const namespace = await createNamespace(controlPlane, 'frozen')
    let isFrozen = false
    const frozen: LeaseClient = {
      get: (...parameters) => client.get(...parameters),
      create: (...parameters) => client.create(...parameters),
      update: (lease, options) => {
        if (!isFrozen) return client.update(lease, options)
        const { promise, reject } = Promise.withResolvers<never>()
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason))
        return promise
      },
    }
    const one = start(frozen, 'one', namespace, shortTimes)
    await until(one.isWorking)
    const two = start(client, 'two', namespace, shortTimes)
    await steadyClock.sleep(500)
    isFrozen = true
    await until(two.isWorking)
    expect(await one.outcome).toBeInstanceOf(LeadershipLostError)
    const marginMs = (two.startedAt[0] ?? 0) - (one.abortedAt[0] ?? Infinity)
    // Aborted 1.5 s after its last renewal was sent; free 3 s after that was seen.
    expect(marginMs).toBeGreaterThan(1000)
    expect((await recordIn(namespace))?.holderIdentity).toBe('two')
  })

  test('a rival that wrote meanwhile is a conflict, not overwritten', async () => {
    const namespace = await createNamespace(controlPlane, 'rival')
    const metadata = { name: 'controller', namespace }
    const lease = await client.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} })
    await client.update({ ...lease, spec: { holderIdentity: 'rival' } })
    const late = client.update({ ...lease, spec: { holderIdentity: 'late' } })
    await expect(late).rejects.toSatisfy(isConflict)
    expect((await recordIn(namespace))?.holderIdentity).toBe('rival')
  })
})
