/**
 * A pod's status from what its containers do: phase and conditions as the kubelet computes them.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/pkg/kubelet/status/generate.go
 */
import type { Condition, ContainerStatus, Pod, PodStatus } from './objects.ts'

/** What is known about a pod on this node. */
export interface PodObservation {
  readonly pod: Pod
  readonly initContainerStatuses: readonly ContainerStatus[]
  readonly containerStatuses: readonly ContainerStatus[]
  readonly hostIP: string
  readonly podIP: string
  readonly startTime: string
  /** Conditions as they were last written, for the times of their transitions. */
  readonly conditions: readonly Condition[]
  readonly now: string
}

type Phase = NonNullable<PodStatus['phase']>
type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

const hasSucceeded = ({ state }: ContainerStatus): boolean => state.terminated?.exitCode === 0
const list = (statuses: readonly ContainerStatus[]): string => `[${statuses.map(({ name }) => name).join(' ')}]`

/** The pod's phase. */
function podPhase({ pod, initContainerStatuses, containerStatuses }: PodObservation): Phase {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const failedInit = initContainerStatuses.some(
    ({ state }) => state.terminated !== undefined && state.terminated.exitCode !== 0,
  )
  if (failedInit && policy === 'Never') return 'Failed'
  if (!initContainerStatuses.every(hasSucceeded)) return 'Pending'
  const neverStarted = containerStatuses.some(({ state, lastState }) => state.waiting && !lastState.terminated)
  if (neverStarted) return 'Pending'
  const stopped = containerStatuses.every(({ state }) => state.terminated !== undefined)
  if (!stopped) return 'Running'
  const isOver = policy !== 'Always' || pod.metadata.deletionTimestamp !== undefined
  if (!isOver) return 'Running'
  if (containerStatuses.every(hasSucceeded)) return 'Succeeded'
  return policy === 'OnFailure' && pod.metadata.deletionTimestamp === undefined ? 'Running' : 'Failed'
}

const containersReady = (containers: readonly ContainerStatus[], phase: Phase): Verdict => {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const unready = containers.filter(({ ready }) => !ready)
  if (unready.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: ${list(unready)}` }
}

const initialized = (init: readonly ContainerStatus[], phase: Phase): Verdict => {
  const incomplete = init.filter((status) => !hasSucceeded(status))
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (incomplete.length === 0) return { status: 'True' }
  const message = `containers with incomplete status: ${list(incomplete)}`
  return { status: 'False', reason: 'ContainersNotInitialized', message }
}

const ready = (pod: Pod, containers: Verdict, conditions: readonly Condition[]): Verdict => {
  if (containers.status !== 'True') return containers
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType)
    if (condition === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  if (messages.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

/** The status to write. Conditions of other writers stay as they are. */
export function podStatus(observation: PodObservation): PodStatus {
  const { pod, hostIP, podIP, startTime, now } = observation
  const phase = podPhase(observation)
  const before = [...observation.conditions, ...(pod.status?.conditions ?? [])]
  const containers = containersReady(observation.containerStatuses, phase)
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: 'True' },
    Initialized: initialized(observation.initContainerStatuses, phase),
    Ready: ready(pod, containers, pod.status?.conditions ?? []),
    ContainersReady: containers,
    PodScheduled: { status: 'True' },
  }
  const own = Object.entries(verdicts).map(([type, verdict]): Condition => {
    const known = before.find((condition) => condition.type === type)
    const lastTransitionTime = known?.status === verdict.status ? (known.lastTransitionTime ?? now) : now
    const generation = pod.metadata.generation
    return {
      type,
      ...verdict,
      lastProbeTime: null,
      lastTransitionTime,
      ...(generation !== undefined && { observedGeneration: generation }),
    }
  })
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !Object.hasOwn(verdicts, type))
  return {
    phase,
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    conditions: [...own, ...foreign],
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime,
    initContainerStatuses: observation.initContainerStatuses,
    containerStatuses: observation.containerStatuses,
  }
}
