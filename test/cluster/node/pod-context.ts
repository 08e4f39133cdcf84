/** What the parts of a node share, and what the containers of one pod share. */
import type { Account } from './account.ts'
import type { ApiClient } from '../api-client.ts'
import type { EventRecorder } from './events.ts'
import type { PodAddresses } from './fields.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import type { Pod } from './objects.ts'
import type { PodRelays } from './pod-relays.ts'
import type { Processes } from './processes.ts'
import type { ProgramFinder } from './programs.ts'
import type { ServingPod } from './service-peers.ts'
import type { PodVolumes } from './volumes.ts'

/** One node, as its parts see it. */
export interface NodeContext {
  readonly name: string
  readonly hostIP: string
  readonly directory: string
  readonly allocatable: Readonly<Record<string, string>>
  readonly api: ApiClient
  readonly account: Account
  readonly events: EventRecorder
  readonly processes: Processes
  readonly programs: ProgramFinder
  /** Images that have been pulled before. */
  readonly images: Set<string>
  /** First delay after a repeated failure, in milliseconds; doubles from there. */
  readonly backOffMs: number
  /** Directory with stand-ins for programs that the PostgreSQL directory lacks. */
  readonly standIns: string
  /** Directory with programs that take less time; where there is one, startup probes come sooner too. */
  readonly quick: string | undefined
  /** Names of pods as ports of this machine. */
  readonly relays: PodRelays
  /** Every pod that runs here. */
  pods(): readonly ServingPod[]
  misbehaviourOf(pod: Pod): Misbehaviour
  /** Diagnostics, one line each. */
  log(line: string): void
}

/** One pod, as its containers see it. */
export interface PodContext {
  readonly node: NodeContext
  /** The pod as it was last seen. */
  pod(): Pod
  readonly volumes: PodVolumes
  readonly addresses: PodAddresses
  /** Directory of this pod on the node. */
  readonly directory: string
  /** The port that stands for the server's; another one when somebody else has taken it meanwhile. */
  port(): Promise<number>
  /** Something that the pod's status shows has changed. */
  changed(): void
}
