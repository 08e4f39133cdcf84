import { isCurrentByExisting, isCustom } from '../../api/kstatus.ts'
import type { StatusKnowledge } from '../../api/kstatus.ts'
import { EXIT } from '../../api/exit-code.ts'
import { formatReference, referenceOf } from '../../api/object.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { ChangeSignal } from '../cluster/change-signal.ts'
import { ClaimClasses } from '../cluster/claim-classes.ts'
import { ObjectWatch } from './object-watch.ts'
import type { ObjectWatchHooks } from './object-watch.ts'
import type { HopeLimits } from './hopeless.ts'
import { WaitSurroundings } from './wait-surroundings.ts'
import { WaitedObject } from './waited-object.ts'
import type { WaitOptions, WaitOutcome, WaitingApi } from './wait-options.ts'

const PATIENCE_MS = 20_000
const RESTARTS = 3

/** Nothing that settles so soon is told, in milliseconds: most controllers need a moment. */
const QUIET_MS = 500

/** What is not ready after so long gets an explanation, in milliseconds. */
const EXPLAIN_MS = 1000

/** How often to look without a change, in milliseconds: patience ends by itself. */
const LOOK_MS = 1000

/** One wait for any number of objects. */
export class Wait {
  readonly #api: WaitingApi
  readonly #objects: readonly KubernetesObject[]
  readonly #options: WaitOptions
  readonly #limits: HopeLimits
  readonly #signal = new ChangeSignal()
  readonly #hooks: ObjectWatchHooks
  readonly #outcomes = new Map<string, WaitOutcome>()
  readonly #pending = new Map<string, WaitedObject>()
  /** Names of what is pending, by kind and namespace. */
  readonly #names = new Map<string, Set<string>>()
  readonly #watches = new Map<string, ObjectWatch>()
  readonly #hasStatus = new Map<string, boolean>()
  readonly #classes: ClaimClasses
  readonly #around: WaitSurroundings
  #aloneSince: number | undefined

  constructor(api: WaitingApi, objects: readonly KubernetesObject[], options: WaitOptions) {
    this.#api = api
    this.#objects = objects
    this.#options = options
    const named = new Set((options.set ?? objects.map(referenceOf)).map(({ kind, name }) => `${kind} ${name}`))
    this.#limits = {
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      restarts: options.restarts ?? RESTARTS,
      isInSet: (kind, name) => named.has(`${kind} ${name}`),
    }
    this.#hooks = {
      now: options.now,
      onChange: () => this.#signal.notify(),
      onWarning: (message) => options.onWarning?.(message),
    }
    this.#classes = new ClaimClasses(api, objects)
    this.#around = new WaitSurroundings(api, this.#hooks)
  }

  /** Waits to the end. @returns one outcome per object, in their order */
  async run(): Promise<WaitOutcome[]> {
    try {
      await Promise.all(this.#objects.map((object) => this.#begin(object)))
      this.#watch()
      await this.#loop()
    } finally {
      await Promise.all([this.#around.stop(), ...[...this.#watches.values()].map((watch) => watch.stop())])
    }
    return this.#objects.flatMap((object) => this.#outcomes.get(formatReference(referenceOf(object))) ?? [])
  }

  async #begin(object: KubernetesObject): Promise<void> {
    const { apiVersion, kind, metadata } = object
    const isKnown = metadata.deletionTimestamp === undefined && isCurrentByExisting(apiVersion, kind)
    if (!isKnown) await this.#learn(object)
    const waited = new WaitedObject(object, this.#knowledgeOf(object), this.#options.now())
    // What carries no uid is a manifest, and says nothing about the cluster.
    const isCurrent = isKnown || (metadata.uid !== undefined && waited.status.word === 'Current')
    if (isCurrent) {
      const { message } = waited.status
      return this.#settle(waited, { type: 'current', object: waited.reference, message, exitCode: EXIT.done })
    }
    this.#pending.set(waited.key, waited)
    this.#namesOf(apiVersion, kind, metadata.namespace).add(metadata.name)
  }

  /** Asks for what an object does not say about itself. */
  async #learn(object: KubernetesObject): Promise<void> {
    const { apiVersion, kind } = object
    const key = `${apiVersion} ${kind}`
    if (kind === 'PersistentVolumeClaim') await this.#classes.learn(object)
    if (!isCustom(apiVersion) || this.#hasStatus.has(key) || object['status'] !== undefined) return
    try {
      this.#hasStatus.set(key, await this.#api.hasStatus(apiVersion, kind))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#hooks.onWarning(`whether ${kind} has a status is not known, taken as ready without one: ${message}`)
    }
  }

  #knowledgeOf(object: KubernetesObject): StatusKnowledge {
    const firstConsumer = this.#classes.firstConsumerOf(object)
    return {
      hasStatusSubresource: this.#hasStatus.get(`${object.apiVersion} ${object.kind}`) === true,
      ...(firstConsumer === undefined ? {} : { firstConsumer }),
    }
  }

  #namesOf(apiVersion: string, kind: string, namespace: string | undefined): Set<string> {
    const key = `${apiVersion} ${kind} ${namespace ?? ''}`
    const names = this.#names.get(key) ?? new Set()
    this.#names.set(key, names)
    return names
  }

  #watch(): void {
    const byKind = Map.groupBy(this.#pending.values(), ({ reference }) => `${reference.apiVersion} ${reference.kind}`)
    for (const [key, waited] of byKind) {
      const [apiVersion = '', kind = ''] = key.split(' ')
      const namespaces = waited.map(({ reference }) => reference.namespace)
      const names = (namespace: string | undefined): ReadonlySet<string> => this.#namesOf(apiVersion, kind, namespace)
      this.#watches.set(key, new ObjectWatch(this.#api, { apiVersion, kind, namespaces, names }, this.#hooks))
    }
  }

  async #loop(): Promise<void> {
    const { deadline, interrupt } = this.#options
    const ending = AbortSignal.any([deadline, interrupt])
    while (this.#pending.size > 0) {
      this.#signal.reset()
      this.#look()
      if (this.#pending.size === 0) return
      if (ending.aborted) {
        for (const waited of this.#pending.values())
          this.#settle(waited, interrupt.aborted ? waited.interrupted() : waited.timeout())
        return
      }
      await this.#signal.wait(LOOK_MS, ending)
    }
  }

  #look(): void {
    const { now, mayStillHelp, objectTimeoutMs } = this.#options
    const time = now()
    const slow = [...this.#pending.values()].filter(
      ({ startedAt, status }) => time - startedAt >= EXPLAIN_MS && status.word !== 'Current',
    )
    this.#around.refresh(slow)
    const isHelped = mayStillHelp?.() === true
    const isAloneNow = !isHelped && this.#aloneSince === undefined
    this.#aloneSince = isHelped ? undefined : (this.#aloneSince ?? (mayStillHelp === undefined ? -Infinity : time))
    for (const waited of this.#pending.values()) {
      const outcome = this.#judge(waited, time, isAloneNow && mayStillHelp !== undefined)
      if (outcome !== undefined) this.#settle(waited, outcome)
      else if (objectTimeoutMs !== undefined && time - waited.startedAt >= objectTimeoutMs)
        this.#settle(waited, waited.timeout())
      else this.#tell(waited, time)
    }
    for (const watch of this.#watches.values()) watch.release()
  }

  #judge(waited: WaitedObject, now: number, isForgiven: boolean): WaitOutcome | undefined {
    const { apiVersion, kind, name, namespace } = waited.reference
    const watch = this.#watches.get(`${apiVersion} ${kind}`)
    const problem = watch?.problemOf(namespace)
    if (problem !== undefined) return waited.fail(problem)
    if (watch?.isSynced(namespace) !== true) return undefined
    const object = watch.get(namespace, name)
    const around = this.#around.of(object ?? waited.first)
    if (isForgiven) waited.forgive(around.pods)
    return waited.judge({
      now,
      object,
      knowledge: this.#knowledgeOf(object ?? waited.first),
      around,
      aloneMs: this.#aloneSince === undefined ? undefined : now - this.#aloneSince,
      limits: this.#limits,
    })
  }

  #tell(waited: WaitedObject, now: number): void {
    const { reference: object, status, cause, startedAt } = waited
    if (status.word === 'Current' || now - startedAt < QUIET_MS || waited.told === cause.reason) return
    waited.told = cause.reason
    this.#options.onWaiting?.({ object, word: status.word, ...cause })
  }

  #settle(waited: WaitedObject, outcome: WaitOutcome): void {
    const { apiVersion, kind, name, namespace } = waited.reference
    this.#outcomes.set(waited.key, outcome)
    this.#pending.delete(waited.key)
    this.#namesOf(apiVersion, kind, namespace).delete(name)
    this.#options.onSettled?.(outcome)
  }
}
