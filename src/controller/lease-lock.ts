import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import type { Client } from '../cluster/client.ts'
import type { CallOptions } from '../cluster/client-options.ts'
import type { Clock } from '../cluster/clock.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../cluster/error-guards.ts'
import { formatMicroTime, newLease, recordOf, withRecord } from './lease.ts'
import type { LeaseRecord } from './lease.ts'

/** What reads and writes a Lease: rights to get, create and update it. */
export type LeaseClient = Pick<Client, 'get' | 'create' | 'update'>

/** Times of an election, in milliseconds. */
export interface ElectionTimes {
  readonly leaseDurationMs: number
  readonly renewDeadlineMs: number
}

/** Who wants which Lease. */
export interface LeaseLockOptions extends ElectionTimes {
  readonly client: LeaseClient
  readonly reference: ObjectReference
  readonly identity: string
  readonly clock: Clock
}

/** Attempts to give the lease back, each after somebody wrote to it. */
const RELEASE_ATTEMPTS = 3

/** How many writes without an answer are remembered: those before would have been executed long ago, if at all. */
const REMEMBERED_WRITES = 20

/**
 * One process' view of a Lease, and its writes to it.
 *
 * Every write carries the version that was read, so of two who take the lease one succeeds. A lease expires by the own
 * clock, counted from when its record was last seen to change: clocks of other machines are never compared.
 */
export class LeaseLock {
  readonly #options: LeaseLockOptions
  /** As it was read or written last. */
  #lease: KubernetesObject | undefined
  /** When its record was seen to change. */
  #changedAt = 0
  /** Renew times of this process that may stand in the record: what says that a record is its own. */
  readonly #sent = new Set<string>()
  #heldUntil: number | undefined

  constructor(options: LeaseLockOptions) {
    this.#options = options
  }

  /** Until when the work may go on: the renew deadline, counted from when the last write that succeeded was sent. */
  get heldUntil(): number | undefined {
    return this.#heldUntil
  }

  /** Whether a request of this process may have taken the lease, as far as is known. */
  get mayBeHeld(): boolean {
    return this.#sent.size > 0
  }

  /** Who holds the lease, as far as is known; empty for nobody. */
  get holder(): string {
    return this.#lease === undefined ? '' : recordOf(this.#lease).holderIdentity
  }

  /** Takes the lease if nobody else has it. @returns whether it was taken @throws isConflict, isAlreadyExists: lost a race */
  async tryAcquire(signal: AbortSignal): Promise<boolean> {
    const found = await this.#read(signal)
    // A lease that vanished was deleted by hand, and its holder puts it back: until it would have expired, it is held.
    if (found !== undefined) this.#observe(found)
    const before = this.#lease === undefined ? undefined : recordOf(this.#lease)
    if (before !== undefined && !this.#mayTake(before)) return false
    const isHeld = before !== undefined && this.#isMine(before)
    const leaseTransitions = before === undefined ? 0 : before.leaseTransitions + (isHeld ? 0 : 1)
    await this.#write(found, { leaseTransitions, ...(isHeld ? { acquireTime: before.acquireTime } : {}) }, signal)
    return true
  }

  /** Renews the lease. @returns who holds it, when that is not this process any more */
  async renew(signal: AbortSignal): Promise<string | undefined> {
    const held = this.#lease
    const kept = held === undefined ? {} : keptFields(recordOf(held))
    try {
      await this.#write(held, kept, signal)
      return undefined
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error) && !isAlreadyExists(error)) throw error
    }
    const found = await this.#read(signal)
    if (found !== undefined && !this.#isMine(recordOf(found))) return recordOf(found).holderIdentity
    // Deleted, or changed in what is not the record, or by a request of our own whose answer never came.
    await this.#write(found, kept, signal)
    return undefined
  }

  /**
   * Gives the lease back, so that the next one need not wait. Only after the work has stopped.
   *
   * @returns false when it was somebody else's already
   */
  async release(): Promise<boolean> {
    this.#heldUntil = undefined
    const [late, done] = [new AbortController(), new AbortController()]
    const { clock, renewDeadlineMs } = this.#options
    const giveUp = (): void => late.abort(new Error(`the lease was not given back within ${renewDeadlineMs / 1000} s`))
    void clock.sleep(renewDeadlineMs, done.signal).then(giveUp, () => undefined)
    try {
      return await this.#giveBack(late.signal)
    } finally {
      done.abort()
    }
  }

  async #giveBack(signal: AbortSignal): Promise<boolean> {
    let lease = this.#lease
    for (let attempt = 1; attempt <= RELEASE_ATTEMPTS; attempt += 1) {
      if (lease === undefined || !this.#isMine(recordOf(lease))) lease = await this.#read(signal)
      if (lease === undefined || !this.#isMine(recordOf(lease))) return false
      const time = formatMicroTime(this.#options.clock.now())
      // The API server wants a duration of at least a second.
      const free = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
      try {
        await this.#options.client.update(withRecord(lease, { ...recordOf(lease), ...free }), this.#call(signal))
        this.#lease = undefined
        this.#sent.clear()
        return true
      } catch (error) {
        if (!isConflict(error)) throw error
      }
      lease = undefined
    }
    return false
  }

  #read(signal: AbortSignal): Promise<KubernetesObject | undefined> {
    return this.#options.client.get(this.#options.reference, this.#call(signal))
  }

  async #write(lease: KubernetesObject | undefined, kept: Partial<LeaseRecord>, signal: AbortSignal): Promise<void> {
    const { client, reference, identity, leaseDurationMs, renewDeadlineMs, clock } = this.#options
    const sentAt = clock.now()
    const time = formatMicroTime(sentAt)
    const record: LeaseRecord = {
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      acquireTime: time,
      leaseTransitions: 0,
      ...kept,
      renewTime: time,
    }
    this.#remember(time)
    const written = await (lease === undefined
      ? client.create(newLease(reference, record), this.#call(signal))
      : client.update(withRecord(lease, record), this.#call(signal)))
    // Whoever has given up meanwhile does not lead, and the lease has to be given back.
    signal.throwIfAborted()
    // What was sent before carries a version that is gone now.
    this.#sent.clear()
    this.#remember(time)
    this.#observe(written)
    this.#heldUntil = sentAt + renewDeadlineMs
  }

  #observe(lease: KubernetesObject): void {
    const isSame = this.#lease !== undefined && JSON.stringify(this.#lease['spec']) === JSON.stringify(lease['spec'])
    this.#lease = lease
    if (!isSame) this.#changedAt = this.#options.clock.now()
  }

  #mayTake(record: LeaseRecord): boolean {
    if (record.holderIdentity === '' || this.#isMine(record)) return true
    // The holder's own duration counts, for that is what it relies on.
    const seconds = record.leaseDurationSeconds
    const durationMs = seconds > 0 ? seconds * 1000 : this.#options.leaseDurationMs
    return this.#options.clock.now() >= this.#changedAt + durationMs
  }

  /** By the renew time too: another process that was given the same identity is another one. */
  #isMine({ holderIdentity, renewTime }: LeaseRecord): boolean {
    return holderIdentity === this.#options.identity && this.#sent.has(renewTime)
  }

  #remember(renewTime: string): void {
    this.#sent.add(renewTime)
    const [oldest] = this.#sent
    if (this.#sent.size > REMEMBERED_WRITES && oldest !== undefined) this.#sent.delete(oldest)
  }

  /** One request may take half of the deadline, so that there is time for another one. */
  #call(signal: AbortSignal): CallOptions {
    const { renewDeadlineMs, clock } = this.#options
    const leftMs = (this.#heldUntil ?? 0) - clock.now()
    return { signal, timeoutMs: renewDeadlineMs / 2, deadlineMs: leftMs > 0 ? leftMs : renewDeadlineMs }
  }
}

function keptFields({ acquireTime, leaseTransitions }: LeaseRecord): Partial<LeaseRecord> {
  return { acquireTime, leaseTransitions }
}
