import { EXIT } from '../../api/exit-code.ts'
import { objectStatus } from '../../api/kstatus.ts'
import type { ObjectStatus, StatusKnowledge } from '../../api/kstatus.ts'
import { formatReference, referenceOf } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import type { Cause } from '../../phases/outcome.ts'
import { isHopeless } from './hopeless.ts'
import type { HopeLimits } from './hopeless.ts'
import { steadyMs } from './steadiness.ts'
import type { WaitOutcome } from './wait-options.ts'
import { isWorkload } from './workload-pods.ts'
import { failingRestarts, unreadyCause, warningAbout, workloadTrouble } from './workload-trouble.ts'
import type { Surroundings, WorkloadTrouble } from './workload-trouble.ts'

/**
 * A verdict of failure that came up while we watched is believed after so long, in milliseconds: the Deployment
 * controller may show the old one once more beside the new generation, and the pods' own words take a moment to read.
 * @see https://github.com/kubernetes/kubernetes/issues/106054
 */
const SETTLE_MS = 2000

/** Kinds of which a failure is the end, whenever it is read. */
const FINAL_KINDS: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'Pod'])

/** One moment of looking. */
export interface Look {
  readonly now: number
  /** The object now; `undefined` where there is none. */
  readonly object: KubernetesObject | undefined
  readonly knowledge: StatusKnowledge
  readonly around: Surroundings
  /** How long nothing else of the run has been on its way, in milliseconds; `undefined` while something is. */
  readonly aloneMs: number | undefined
  readonly limits: HopeLimits
}

/** One object that is waited for, and what is remembered of it from look to look. */
export class WaitedObject {
  readonly reference: ObjectReference
  readonly key: string
  /** As it was handed over. */
  readonly first: KubernetesObject
  readonly startedAt: number
  status: ObjectStatus
  /** Why it is not ready, in the most telling words. */
  cause: Cause
  /** What was told last. */
  told: string | undefined
  #failedSince: number | undefined
  #hasFailedFromStart: boolean
  #missingSince: number | undefined
  #currentSince: number | undefined
  #standing: { readonly key: string; readonly since: number } | undefined
  #pod: string | undefined
  readonly #restartsBefore = new Map<string, number>()

  constructor(first: KubernetesObject, knowledge: StatusKnowledge, now: number) {
    this.first = first
    this.reference = referenceOf(first)
    this.key = formatReference(this.reference)
    this.startedAt = now
    this.status = objectStatus(first, knowledge)
    this.cause = causeOf(this.status)
    this.#hasFailedFromStart = this.status.word === 'Failed'
  }

  /** Whether the object rests on pods. */
  get isWorkload(): boolean {
    return isWorkload(this.first)
  }

  /** The outcome, as soon as there is one. */
  judge(look: Look): WaitOutcome | undefined {
    const { object, knowledge, now, limits } = look
    this.status = objectStatus(object, knowledge)
    this.cause = causeOf(this.status)
    if (object !== undefined && this.status.word === 'Current') return this.#steady(object, look)
    this.#currentSince = undefined
    if (object === undefined) return this.#missing(now, limits.patienceMs)
    this.#missingSince = undefined
    const trouble = this.#explain(object, look)
    if (this.status.word === 'Failed') return this.#failed(look)
    this.#failedSince = undefined
    this.#hasFailedFromStart = false
    return trouble === undefined || !this.#isHopeless(trouble, look) ? undefined : this.fail(this.cause)
  }

  /** It cannot get better. */
  fail({ reason, message }: Cause): WaitOutcome {
    return { type: 'failed', ...this.#ended(reason, message), exitCode: EXIT.failed }
  }

  /** Its time is over. */
  timeout(): WaitOutcome {
    if (this.status.word === 'Current' && this.#currentSince !== undefined) return this.#current(this.status.message)
    return { type: 'timeout', ...this.#ended(this.cause.reason, this.cause.message), exitCode: EXIT.notReady }
  }

  /** Somebody wants to stop. */
  interrupted(): WaitOutcome {
    const { object, message } = this.#ended('Interrupted', `not ready yet: ${this.cause.message}`)
    const remedy = 'run the same command again: it goes on from there'
    return { type: 'interrupted', object, reason: 'Interrupted', message, remedy, exitCode: EXIT.interrupted }
  }

  #current(message: string): WaitOutcome {
    return { type: 'current', object: this.reference, message, exitCode: EXIT.done }
  }

  #steady(object: KubernetesObject, { around, now }: Look): WaitOutcome | undefined {
    this.#currentSince ??= now
    this.#failedSince = undefined
    this.#hasFailedFromStart = false
    for (const pod of around.pods) this.#remember(pod)
    const hasExited = around.pods.some((pod) => this.#newRestarts(pod) > 0)
    const heldMs = this.isWorkload ? steadyMs(object, hasExited) : 0
    return now - this.#currentSince >= heldMs ? this.#current(this.status.message) : undefined
  }

  #missing(now: number, patienceMs: number): WaitOutcome | undefined {
    const { ttlSecondsAfterFinished } = (this.first['spec'] ?? {}) as { ttlSecondsAfterFinished?: number }
    if (this.reference.kind === 'Job' && ttlSecondsAfterFinished !== undefined)
      return this.#current('has ended and was cleaned up')
    this.#missingSince ??= now
    return now - this.#missingSince < patienceMs
      ? undefined
      : this.fail({ reason: 'NotFound', message: 'was deleted after it was applied' })
  }

  /** Puts the most telling words into `cause`. */
  #explain(object: KubernetesObject, { around, now }: Look): WorkloadTrouble | undefined {
    if (!this.isWorkload) {
      const warning = warningAbout(object, around.warnings(object.metadata.name))
      if (warning !== undefined)
        this.cause = { reason: warning.reason, message: `${this.status.message}: ${warning.message}` }
      return undefined
    }
    for (const pod of around.pods) this.#remember(pod)
    const trouble = workloadTrouble(object, around)
    const words = trouble?.cause ?? unreadyCause(around)
    this.#pod = trouble?.pod?.metadata.name
    if (words !== undefined && this.status.word !== 'Failed') this.cause = words
    else if (words !== undefined && !this.status.message.includes(words.message))
      this.cause = { reason: this.cause.reason, message: `${this.status.message}: ${words.message}` }
    // Progress in between makes it another trouble.
    const key = trouble === undefined ? undefined : `${trouble.kind} ${this.status.message}`
    if (key === undefined) this.#standing = undefined
    else if (this.#standing?.key !== key) this.#standing = { key, since: now }
    return trouble
  }

  #failed({ now, limits, around }: Look): WaitOutcome | undefined {
    this.#failedSince ??= now
    const isFinal = FINAL_KINDS.has(this.reference.kind) || (this.reference.kind === 'Job' && around.pods.length > 0)
    const patienceMs = this.#hasFailedFromStart && this.reference.kind !== 'Job' ? limits.patienceMs : SETTLE_MS
    return isFinal || now - this.#failedSince >= Math.min(patienceMs, limits.patienceMs)
      ? this.fail(this.cause)
      : undefined
  }

  #isHopeless(trouble: WorkloadTrouble, { now, aloneMs, limits }: Look): boolean {
    // A Job counts its failures itself.
    if (this.reference.kind === 'Job' && trouble.kind === 'CrashLoopBackOff') return false
    const { pod } = trouble
    const restarts = pod === undefined ? 0 : failingRestarts(pod)
    const newRestarts = pod === undefined ? 0 : this.#newRestarts(pod)
    return isHopeless(
      trouble,
      { standsMs: now - (this.#standing?.since ?? now), aloneMs, restarts, newRestarts },
      limits,
    )
  }

  #newRestarts(pod: KubernetesObject): number {
    return failingRestarts(pod) - (this.#restartsBefore.get(pod.metadata.uid ?? '') ?? 0)
  }

  /** Forgets restarts: those up to now had a cause that may be gone. */
  forgive(pods: readonly KubernetesObject[]): void {
    for (const pod of pods) this.#restartsBefore.set(pod.metadata.uid ?? '', failingRestarts(pod))
  }

  #remember(pod: KubernetesObject): void {
    const { uid = '', creationTimestamp } = pod.metadata
    if (this.#restartsBefore.has(uid)) return
    const isOlder = Date.parse(creationTimestamp ?? '') < this.startedAt
    this.#restartsBefore.set(uid, isOlder ? failingRestarts(pod) : 0)
  }

  #ended(
    reason: string,
    message: string,
  ): { readonly object: ObjectReference; readonly reason: string; readonly message: string; readonly remedy: string } {
    const { kind, name, namespace } = this.reference
    const place = namespace === undefined ? '' : ` -n ${namespace}`
    const [thing, called] = this.#pod === undefined ? [resourceOf(this.reference), name] : ['pod', this.#pod]
    const look =
      this.#pod !== undefined && CRASHES.has(reason)
        ? `kubectl${place} logs ${called} --all-containers --previous`
        : `kubectl${place} describe ${thing} ${called}`
    const told = message === '' ? `${kind} is not ready` : message
    return {
      object: this.reference,
      reason,
      message: told,
      remedy: `mend the cause and run the same command again, or look closer: ${look}`,
    }
  }
}

/** Reasons that the output of a container explains best. */
const CRASHES: ReadonlySet<string> = new Set(['CrashLoopBackOff', 'ContainerExited', 'BackoffLimitExceeded'])

function causeOf({ word, reason = word, message }: ObjectStatus): Cause {
  return { reason, message }
}

/** What kubectl calls a kind: with its group where that is not one of the server's short ones. */
function resourceOf({ apiVersion, kind }: ObjectReference): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  return group.includes('.') ? `${kind.toLowerCase()}.${group}` : kind.toLowerCase()
}
