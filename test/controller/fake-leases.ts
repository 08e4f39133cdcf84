/** A store of one Lease as an API server keeps it, on bad days too. */
import type { KubernetesObject } from '../../src/api/object.ts'
import { ApiError, ConnectionError } from '../../src/cluster/errors.ts'
import { recordOf } from '../../src/controller/lease.ts'
import type { LeaseRecord } from '../../src/controller/lease.ts'
import type { LeaseClient } from '../../src/controller/lease-lock.ts'

/**
 * How a request goes wrong: refused with 503, not answered at all, executed with the answer lost, or answered never
 * although it was executed.
 */
export type Fault = 'refuse' | 'hang' | 'lose' | 'hang-after'

/** One candidate's way to the API server. */
export interface FakeLine extends LeaseClient {
  /** What happens to the next requests, until it is set again. */
  fault: Fault | undefined
}

const target = { verb: 'update', resource: 'leases', namespace: 'shop', name: 'controller' }
const refusal = (code: number, reason: string): ApiError =>
  new ApiError({ target, code, reason, serverMessage: 'no', about: { kind: 'leases', name: 'controller' } })

export class FakeLeases {
  lease: KubernetesObject | undefined
  /** Every write that was executed. */
  readonly writes: string[] = []
  #version = 0

  get record(): LeaseRecord | undefined {
    return this.lease === undefined ? undefined : recordOf(this.lease)
  }

  /** Writes as somebody with kubectl does. */
  edit(spec: Readonly<Record<string, unknown>>, annotations: Readonly<Record<string, string>> = {}): void {
    const metadata = { name: 'controller', namespace: 'shop', annotations }
    this.#store({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
  }

  /** A way to the server, on which nothing goes wrong yet. */
  line(): FakeLine {
    const line: FakeLine = {
      fault: undefined,
      get: (_, options) => perform(line, options?.signal, () => this.lease),
      create: (lease, options) => perform(line, options?.signal, () => this.#create(lease)),
      update: (lease, options) => perform(line, options?.signal, () => this.#update(lease)),
    }
    return line
  }

  #create(lease: KubernetesObject): KubernetesObject {
    if (this.lease !== undefined) throw refusal(409, 'AlreadyExists')
    this.writes.push(`create by ${recordOf(lease).holderIdentity}`)
    return this.#store(lease)
  }

  #update(lease: KubernetesObject): KubernetesObject {
    if (this.lease === undefined) throw refusal(404, 'NotFound')
    if (lease.metadata.resourceVersion !== this.lease.metadata.resourceVersion) throw refusal(409, 'Conflict')
    const before = recordOf(this.lease).holderIdentity
    const after = recordOf(lease).holderIdentity
    this.writes.push(before === after ? `renew by ${after}` : `from ${before} to ${after}`)
    return this.#store(lease)
  }

  #store(lease: KubernetesObject): KubernetesObject {
    this.#version += 1
    this.lease = structuredClone({
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: String(this.#version), uid: 'the-lease' },
    })
    return this.lease
  }
}

async function perform<Result>(line: FakeLine, signal: AbortSignal | undefined, work: () => Result): Promise<Result> {
  signal?.throwIfAborted()
  const { fault } = line
  if (fault === 'refuse') throw refusal(503, 'ServiceUnavailable')
  if (fault === 'hang') return never(signal)
  const result = work()
  if (fault === 'lose')
    throw new ConnectionError('reset', { server: 'https://fake', code: 'ECONNRESET', outcome: 'unknown' })
  if (fault === 'hang-after') return never(signal)
  // An answer takes its time.
  await new Promise(queueMicrotask as (done: (value: unknown) => void) => void)
  signal?.throwIfAborted()
  return structuredClone(result)
}

function never(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
