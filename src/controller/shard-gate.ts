import { GROUP } from '../api/group.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { steadyClock } from '../cluster/clock.ts'
import type { Clock } from '../cluster/clock.ts'
import { isAlreadyExists, isConflict } from '../cluster/error-guards.ts'
import type { LeaseClient } from './lease-lock.ts'
import { formatMicroTime, newLease, recordOf, withRecord } from './lease.ts'
import type { LeaseRecord } from './lease.ts'
import { shardLeaseName } from './shard.ts'
import type { Shard } from './shard.ts'

/** What a gate tells. */
export type GateEvent =
  /** Another number of shards is at work; told once for each Lease that is in the way. */
  | { readonly type: 'waiting'; readonly lease: string; readonly holder: string; readonly count: number }
  /** A request failed; another one follows. */
  | { readonly type: 'failed'; readonly error: unknown }
  /** The number of shards is another one now. */
  | { readonly type: 'changed'; readonly from: number; readonly to: number }

/** Who wants to pass. */
export interface ShardGateOptions {
  readonly client: LeaseClient
  /** Of the Leases. */
  readonly namespace: string
  /** Name of the Lease of a controller without shards; the others derive from it. */
  readonly base: string
  readonly shard: Shard
  /** Of this process. */
  readonly identity: string
  /** Milliseconds between two looks. @default 2000 */
  readonly retryPeriodMs?: number
  /** @default `steadyClock` */
  readonly clock?: Clock
  /** Must not throw. */
  readonly onEvent?: (event: GateEvent) => void
}

/** Annotation of the Lease that says how many shards there are. */
const COUNT_ANNOTATION = `${GROUP}/shards`

/** A Lease that nobody wrote for so long is free: as long as a holder may live without renewing it. */
const LEASE_DURATION_MS = 15_000

/** A Lease as it was seen, and since when it has been so. */
interface Seen {
  readonly text: string
  readonly since: number
}

/**
 * What stands between holding the Lease of a shard and working on its databases: at any time, all who work divide the
 * databases by the same number.
 *
 * One more Lease, `NAME-shards`, says the number. Whoever holds the Lease of shard i of n writes to that one before it
 * begins, whether or not it says n already. Another number is written only when each Lease of the number before is free.
 *
 * Safety: every write carries the version that was read. Let somebody change n to m, with the version v before it. Who
 * works on a shard of n wrote at v or earlier, and held its Lease then; the changer saw that Lease free after reading v,
 * so that work had ended. Who writes later finds m there, and does not work on a shard of n.
 * @see docs/adr/0026-one-lease-per-shard.md
 */
export class ShardGate {
  readonly #options: ShardGateOptions
  readonly #clock: Clock
  readonly #seen = new Map<string, Seen>()
  readonly #told = new Set<string>()

  constructor(options: ShardGateOptions) {
    this.#options = options
    this.#clock = options.clock ?? steadyClock
  }

  /** Waits until this shard may work. Call it while its Lease is held. @param signal ends the waiting: rejects with its reason */
  async pass(signal: AbortSignal): Promise<void> {
    const { retryPeriodMs = 2000, onEvent } = this.#options
    for (;;) {
      signal.throwIfAborted()
      try {
        if (await this.#tryPass(signal)) return
      } catch (error) {
        signal.throwIfAborted()
        // Somebody else wrote; what that means is seen by reading again.
        if (isConflict(error) || isAlreadyExists(error)) continue
        onEvent?.({ type: 'failed', error })
      }
      await this.#clock.sleep(retryPeriodMs, signal)
    }
  }

  async #tryPass(signal: AbortSignal): Promise<boolean> {
    const { client, shard, identity, onEvent } = this.#options
    const plan = await client.get(this.#reference(`${this.#options.base}-shards`), { signal })
    // Before anybody wrote a number, there was one controller for all.
    const before = plan === undefined ? 1 : countOf(plan)
    const isFirst = plan === undefined
    if (before !== shard.count && !(await this.#areFree(before, isFirst, signal))) return false
    const written = plan === undefined ? undefined : recordOf(plan)
    const time = formatMicroTime(this.#clock.now())
    const record: LeaseRecord = {
      holderIdentity: identity,
      leaseDurationSeconds: 1,
      acquireTime: before === shard.count && written !== undefined ? written.acquireTime : time,
      renewTime: time,
      leaseTransitions: (written?.leaseTransitions ?? 0) + (before === shard.count ? 0 : 1),
    }
    const next =
      plan === undefined ? newLease(this.#reference(`${this.#options.base}-shards`), record) : withRecord(plan, record)
    await (plan === undefined ? client.create : client.update).call(client, withCount(next, shard.count), { signal })
    if (before !== shard.count) onEvent?.({ type: 'changed', from: before, to: shard.count })
    return true
  }

  /** Whether nobody holds any Lease of so many shards, and nobody may have held one a moment ago. */
  async #areFree(count: number, isFirst: boolean, signal: AbortSignal): Promise<boolean> {
    const names = Array.from({ length: count }, (_, index) => shardLeaseName(this.#options.base, { index, count }))
    const free = await Promise.all(names.map((name) => this.#isFree(name, { count, isFirst }, signal)))
    return free.every(Boolean)
  }

  async #isFree(
    name: string,
    { count, isFirst }: { readonly count: number; readonly isFirst: boolean },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, onEvent } = this.#options
    const lease = await client.get(this.#reference(name), { signal })
    const record = lease === undefined ? undefined : recordOf(lease)
    // Given back: its work has ended. And where no Lease was ever written, nobody works.
    if (record?.holderIdentity === '' || (record === undefined && isFirst)) return true
    // By the own clock, from when it was first seen so: those of other machines are never compared. One that is missing
    // may have been deleted by hand, and its holder puts it back.
    const text = JSON.stringify(record ?? null)
    const seen = this.#seen.get(name)
    const now = this.#clock.now()
    if (seen?.text !== text) {
      this.#seen.set(name, { text, since: now })
      if (record !== undefined && !this.#told.has(name)) {
        this.#told.add(name)
        onEvent?.({ type: 'waiting', lease: name, holder: record.holderIdentity, count })
      }
      return false
    }
    return now - seen.since >= Math.max(LEASE_DURATION_MS, (record?.leaseDurationSeconds ?? 0) * 1000)
  }

  #reference(name: string): ObjectReference {
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: this.#options.namespace, name }
  }
}

/** @throws Error where the Lease says no number: whoever wrote that, nobody may guess */
function countOf({ metadata }: KubernetesObject): number {
  const text = metadata.annotations?.[COUNT_ANNOTATION] ?? ''
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new Error(
    `Lease ${metadata.namespace ?? ''}/${metadata.name} does not say in ${COUNT_ANNOTATION} how many shards there are: ` +
      'delete it when no controller runs',
  )
}

function withCount(lease: KubernetesObject, count: number): KubernetesObject {
  const annotations = { ...lease.metadata.annotations, [COUNT_ANNOTATION]: String(count) }
  return { ...lease, metadata: { ...lease.metadata, annotations } }
}
