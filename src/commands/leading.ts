import { createHash } from 'node:crypto'
import type { Fence } from '../cluster/fence.ts'
import type { ControllerMetrics } from '../controller/controller-metrics.ts'
import type { JsonLog } from '../controller/json-log.ts'
import { LeaderElection } from '../controller/leader-election.ts'
import type { LeaderEvent } from '../controller/leader-election.ts'
import { ShardGate } from '../controller/shard-gate.ts'
import type { GateEvent } from '../controller/shard-gate.ts'
import { shardLeaseName } from '../controller/shard.ts'
import type { Shard } from '../controller/shard.ts'
import type { Session } from './session.ts'

/** Which Lease the replicas of a controller agree about. */
export const LEASE_NAME = 'cdk8s-database-controller'

/** For what a process stands. */
interface Candidacy {
  /** Whether it has to be elected at all. */
  readonly isElected: boolean
  /** Name of the Lease of all databases. @default {@link LEASE_NAME}, and a part of its own for each selector */
  readonly leaseName: string | undefined
  readonly selector: string | undefined
  readonly shard: Shard
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Does the work at once, or when this process leads its shard and nobody divides the databases otherwise. */
export async function lead(
  { client, namespace }: Pick<Session, 'client' | 'namespace'>,
  { isElected, leaseName, selector, shard, signal: ending }: Candidacy,
  { log, metrics }: { readonly log: JsonLog; readonly metrics: Pick<ControllerMetrics, 'watchElection'> },
  run: (signal: AbortSignal, fence?: Fence) => Promise<void>,
): Promise<void> {
  if (!isElected) {
    await run(ending)
    return
  }
  const base = leaseName ?? leaseNameOf(selector)
  const name = shardLeaseName(base, shard)
  const telling = log.named('election')
  const election = new LeaderElection({ client, namespace, name, onEvent: (event) => tellElection(telling, event) })
  const { identity } = election
  const gate = new ShardGate({ client, namespace, base, shard, identity, onEvent: (event) => tellGate(telling, event) })
  metrics.watchElection(name, election)
  await election.run(async (signal, fence) => {
    await gate.pass(signal)
    await run(signal, fence)
  }, ending)
}

/** Controllers with other selectors have nothing to agree about. */
function leaseNameOf(selector: string | undefined): string {
  if (selector === undefined) return LEASE_NAME
  return `${LEASE_NAME}-${createHash('sha256').update(selector).digest('hex').slice(0, 8)}`
}

function tellElection(log: JsonLog, event: LeaderEvent): void {
  switch (event.type) {
    case 'leading':
      log.info('leading')
      return
    case 'following':
      log.info('waiting to lead', { holder: event.holder })
      return
    case 'released':
      log.info('lease released')
      return
    case 'failed':
    case 'lost':
      log.error(event.type, { error: event.error })
  }
}

function tellGate(log: JsonLog, event: GateEvent): void {
  switch (event.type) {
    case 'waiting':
      log.info('waiting for another number of shards to end', {
        lease: event.lease,
        holder: event.holder,
        shards: event.count,
      })
      return
    case 'changed':
      log.info('the number of shards changed', { from: event.from, to: event.to })
      return
    case 'failed':
      log.error('failed', { error: event.error })
  }
}
