import type { ObjectReference } from '../../api/object.ts'
import type { WorkloadTrouble } from './workload-trouble.ts'

/** What decides whether a trouble can still go away by itself. */
export interface TroubleHistory {
  /** How long it has stood, without any progress of the workload meanwhile, in milliseconds. */
  readonly standsMs: number
  /** How long nothing else of the run has been on its way, in milliseconds; `undefined` while something is. */
  readonly aloneMs: number | undefined
  /** Restarts of the container that keeps exiting, and those among them that happened under our eyes. */
  readonly restarts: number
  readonly newRestarts: number
}

/** Where hope ends. */
export interface HopeLimits {
  readonly patienceMs: number
  readonly restarts: number
  /** Whether the set brings an object of its own. */
  readonly isInSet: (kind: ObjectReference['kind'], name: string) => boolean
}

// The kubelet and the controllers put the server's answer into a sentence; there is no code to read.

/** A registry that answered, and has no such image for us. One that cannot be reached says something else. */
const PULL_REFUSED =
  /not found|manifest unknown|unauthorized|authentication required|access denied|access forbidden|insufficient_scope|repository does not exist|\b40[134]\b/i

/** Quota and admission. A webhook that does not answer is another matter. */
const CREATE_REFUSED = /exceeded quota|is forbidden|forbidden:|denied the request|is invalid/i

/** What the kubelet says about a Secret or ConfigMap that is not there, or lacks a key. */
const MISSING = /(secret|configmap) "([^"]+)" not found/i
const MISSING_KEY = /couldn't find key|references non-existent (?:secret|config) key/i

const ROOT_REFUSED = /runAsNonRoot|run as root/i

const CLASS_MISSING = /storageclass\S* "[^"]*" not found/i

// oxlint-disable typescript/consistent-return -- the compiler proves that the switch is exhaustive
/** Whether a trouble stays while nobody changes anything. Where in doubt, no: then the deadline decides. */
export function isHopeless(
  { kind, cause: { message } }: WorkloadTrouble,
  history: TroubleHistory,
  limits: HopeLimits,
): boolean {
  const { patienceMs } = limits
  const stands = history.standsMs >= patienceMs
  const standsAlone = stands && history.aloneMs !== undefined && history.aloneMs >= patienceMs
  switch (kind) {
    case 'InvalidImageName':
      return true
    case 'ErrImageNeverPull':
      return stands
    case 'ErrImagePull':
      return stands && PULL_REFUSED.test(message)
    case 'CreateContainerConfigError':
      return (stands && ROOT_REFUSED.test(message)) || (standsAlone && isMissing(message, limits))
    case 'FailedMount':
      return standsAlone && isMissing(message, limits)
    case 'CrashLoopBackOff':
      return (
        history.aloneMs !== undefined &&
        history.restarts >= limits.restarts &&
        // A pod from before this run may come up at its next start: what it lacked may have come with this run.
        history.newRestarts >= Math.min(2, limits.restarts)
      )
    case 'ProvisioningFailed':
      return stands && CLASS_MISSING.test(message)
    case 'FailedCreate':
      return stands && CREATE_REFUSED.test(message)
    // Nodes are added, images are unpacked, volumes are detached: these end with the deadline.
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'ContainerExited':
    case 'PodFailed':
    case 'FailedAttachVolume':
    case 'Unschedulable':
      return false
  }
}

function isMissing(message: string, { isInSet }: HopeLimits): boolean {
  if (MISSING_KEY.test(message)) return true
  const [, kind = '', name = ''] = MISSING.exec(message) ?? []
  return name !== '' && !isInSet(kind.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap', name)
}
