import { createHash } from 'node:crypto'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { hideInText } from '../api/secret-text.ts'
import type { Client } from '../cluster/client.ts'
import { systemClock } from '../cluster/clock.ts'
import type { Clock } from '../cluster/clock.ts'
import { isAlreadyExists, isNotFound } from '../cluster/error-guards.ts'
import { formatTimestamp } from '../phases/timestamp.ts'
import type { Transition } from '../phases/transitions.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Rate } from './token-bucket.ts'

/** What happened to an object, for people. */
export interface EventFacts {
  readonly type: 'Normal' | 'Warning'
  /** One CamelCase word. */
  readonly reason: string
  /** Never a secret. */
  readonly message: string
}

/** Who tells it, and how. */
export interface EventRecorderOptions {
  /** Needs the rights to create and patch Events. */
  readonly client: Pick<Client, 'create' | 'patch'>
  /** Who tells it: `cdk8s-database`. */
  readonly component: string
  /** Which of them: the name of the pod. @default '' */
  readonly instance?: string
  /** Events of one object. @default one in five minutes, 25 at once, as client-go */
  readonly rate?: Rate
  /** @default the time of day */
  readonly clock?: Clock
  /** An event that could not be told. Must not throw. */
  readonly onError?: (error: unknown) => void
  /** An event that was not told because there were too many. Must not throw. */
  readonly onDropped?: () => void
}

/** As client-go's spam filter. */
const EVENTS_OF_OBJECT: Rate = { perSecond: 1 / 300, burst: 25 }

/** Objects and events that are remembered; the oldest are forgotten. */
const MOST_REMEMBERED = 4096

/** Events that wait to be told, about a kilobyte each; more are dropped. A fleet that starts has five for each database. */
const MOST_WAITING = 4000

/** The API server's limit. */
const LONGEST_MESSAGE = 1024

/** Time for each event, in milliseconds: nobody waits for one for long. */
const DEADLINE_MS = 10_000

/** An event as it is written. */
interface Telling {
  readonly reference: ObjectReference
  readonly event: KubernetesObject
  readonly time: string
}

/** The event of a phase that follows another. */
export function eventOfTransition({ from, to, reason, message }: Transition): EventFacts {
  return {
    type: to === 'Failed' ? 'Warning' : 'Normal',
    reason: reason === '' ? 'PhaseChanged' : reason,
    message: `${from ?? '(new)'} -> ${to}${message === '' ? '' : `: ${message}`}`,
  }
}

/**
 * Tells what happened as Events of the core group, which `kubectl describe` shows. To be called when something changes,
 * not whenever it is looked at.
 *
 * The same happening of the same object is one Event with a count; its name follows from what it says, so that a process
 * that was started anew counts on. Events are told one after the other in the background. One that cannot be told is
 * given up: nothing ever depends on an event.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #clock: Clock
  /** By name of the event: how often it was told. */
  readonly #counts = new Map<string, number>()
  /** By uid of the object. */
  readonly #buckets = new Map<string, TokenBucket>()
  #telling: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Tells what happened to an object, soon. Never throws. */
  record(object: KubernetesObject, facts: EventFacts): void {
    const key = object.metadata.uid ?? `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#options.rate ?? EVENTS_OF_OBJECT, this.#clock)
    remember(this.#buckets, key, bucket)
    if (this.#waiting >= MOST_WAITING || !bucket.tryTake()) {
      this.#options.onDropped?.()
      return
    }
    const telling = this.#eventOf(object, facts)
    this.#waiting += 1
    this.#telling = this.#telling.then(() => this.#tell(telling))
  }

  /** Waits until everything that was recorded has been told or given up. */
  flush(): Promise<void> {
    return this.#telling
  }

  #eventOf(object: KubernetesObject, { type, reason, message }: EventFacts): Telling {
    const { component, instance = '' } = this.#options
    const { name, uid, namespace } = object.metadata
    const shown = hideInText(message, () => '***')
    const text = shown.length <= LONGEST_MESSAGE ? shown : `${shown.slice(0, LONGEST_MESSAGE - 1)}…`
    const identity = [object.apiVersion, object.kind, uid ?? '', component, type, reason, text]
    const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
    const time = formatTimestamp(this.#clock.now())
    const reference = {
      apiVersion: 'v1',
      kind: 'Event',
      // Where events of what has no namespace are.
      namespace: namespace ?? 'default',
      name: `${name.slice(0, 200)}.${hash}`,
    }
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: reference.name, namespace: reference.namespace },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid },
      type,
      reason,
      message: text,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    }
    return { reference, event, time }
  }

  async #tell(telling: Telling): Promise<void> {
    const { name } = telling.reference
    try {
      const known = this.#counts.get(name)
      const count = known === undefined ? await this.#create(telling) : await this.#repeat(telling, known)
      remember(this.#counts, name, count)
    } catch (error) {
      this.#options.onError?.(error)
    } finally {
      this.#waiting -= 1
    }
  }

  /** @returns how often it was told */
  async #create(telling: Telling): Promise<number> {
    const { client } = this.#options
    const { reference, event, time } = telling
    const call = { deadlineMs: DEADLINE_MS }
    try {
      await client.create(event, call)
      return 1
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    // An earlier process told it. The answer to a patch is the whole object, so no right to get it is needed.
    const { count } = await client.patch(reference, { lastTimestamp: time }, call)
    const next = (typeof count === 'number' ? count : 1) + 1
    await client.patch(reference, { count: next }, call)
    return next
  }

  async #repeat(telling: Telling, told: number): Promise<number> {
    const { reference, time } = telling
    try {
      const count = told + 1
      await this.#options.client.patch(reference, { count, lastTimestamp: time }, { deadlineMs: DEADLINE_MS })
      return count
    } catch (error) {
      if (!isNotFound(error)) throw error
      // Events live for an hour.
      return this.#create(telling)
    }
  }
}

/** Keeps a value as the youngest, and no more values than are worth it. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest)
}
