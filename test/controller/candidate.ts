/** A process that wants to lead, for tests of elections. */
import type { Clock } from '../../src/cluster/clock.ts'
import { LeaderElection } from '../../src/controller/leader-election.ts'
import type { LeaderElectionOptions, LeaderEvent } from '../../src/controller/leader-election.ts'
import type { LeaseClient } from '../../src/controller/lease-lock.ts'

/** What became of it. */
export interface Candidate {
  readonly election: LeaderElection
  readonly events: readonly LeaderEvent[]
  /** What its work saw: moments by the clock. */
  readonly startedAt: readonly number[]
  readonly abortedAt: readonly number[]
  /** Works that were begun and not aborted. */
  readonly isWorking: () => boolean
  /** Lets it stop; its work goes on until {@link endWork}, where it was told to. */
  readonly stop: () => void
  readonly endWork: () => void
  /** `ended`, or what was thrown. */
  readonly outcome: Promise<unknown>
}

/** How a candidate behaves. */
export interface CandidateOptions extends Partial<LeaderElectionOptions> {
  /** Its work goes on when it is aborted. */
  readonly isSlow?: boolean
}

/** Starts a candidate for the Lease `controller`. */
export function startCandidate(
  client: LeaseClient,
  clock: Clock,
  identity: string,
  options: CandidateOptions = {},
): Candidate {
  const events: LeaderEvent[] = []
  const startedAt: number[] = []
  const abortedAt: number[] = []
  const stopping = new AbortController()
  const working = Promise.withResolvers<void>()
  const { isSlow = false, ...rest } = options
  const election = new LeaderElection({
    client,
    namespace: 'shop',
    name: 'controller',
    identity,
    clock,
    onEvent: (event) => events.push(event),
    ...rest,
  })
  let isWorking = false
  const work = async (signal: AbortSignal): Promise<void> => {
    startedAt.push(clock.now())
    isWorking = !signal.aborted
    signal.addEventListener('abort', () => {
      isWorking = false
      abortedAt.push(clock.now())
      if (!isSlow) working.resolve()
    })
    if (signal.aborted && !isSlow) working.resolve()
    await working.promise
    isWorking = false
  }
  const outcome = election.run(work, stopping.signal).then(
    () => 'ended',
    (error: unknown) => error,
  )
  return {
    election,
    events,
    startedAt,
    abortedAt,
    isWorking: () => isWorking,
    stop: () => stopping.abort(new Error('stop')),
    endWork: () => working.resolve(),
    outcome,
  }
}
