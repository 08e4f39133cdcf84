import type { KubernetesObject } from '../../api/object.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { readLive } from '../cluster/live-objects.ts'
import type { ApplyItem } from '../set/apply-set.ts'
import { createSample } from './create-sample.ts'
import { refusalOf } from './failure.ts'
import { unasked } from './planned-item.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import { judgeByDryRun, judgeByLive } from './planning.ts'
import type { PlanningOptions } from './planning-options.ts'
import type { Presence } from './presence.ts'
import { judgeUnserved } from './unserved.ts'

/** How objects are judged. */
export interface JudgingOptions extends PlanningOptions {
  /** Ask about every object that would be created, however many there are. */
  readonly askEverything: boolean
}

/** An object about which only a dry run can tell. */
interface Undecided {
  readonly subject: Subject
  readonly live: KubernetesObject | undefined
}

/** Who is told while live objects are read. */
export interface JudgingListener {
  readonly onLive: (item: ApplyItem, live: KubernetesObject) => void
  /** Items that need not be there, and of which it is no harm if they may not be read: of these the listener is told. */
  readonly isOptional?: (item: ApplyItem) => boolean
  readonly onForbidden?: (item: ApplyItem) => void
}

/**
 * What applying each object would do: proved from the live object, or asked of the server.
 *
 * Workflow: `read` as often as it takes, `askAboutUndecided` once, then `of`.
 */
export class Judgements {
  readonly #api: ClusterApi
  readonly #presence: Presence
  readonly #options: JudgingOptions
  readonly #judged = new Map<ApplyItem, PlannedItem>()
  readonly #undecided: Undecided[] = []

  constructor(api: ClusterApi, presence: Presence, options: JudgingOptions) {
    this.#api = api
    this.#presence = presence
    this.#options = options
  }

  /** The judgement of an item, where there is one yet. */
  find(item: ApplyItem): PlannedItem | undefined {
    return this.#judged.get(item)
  }

  /** The judgement of an item. @throws TypeError where it was never read */
  of(item: ApplyItem): PlannedItem {
    const planned = this.#judged.get(item)
    if (planned === undefined) throw new TypeError(`${item.reference.kind} ${item.reference.name} was not planned`)
    return planned
  }

  /** Whether the server serves the kind and has the namespace: what it has not need not be asked for. */
  isReadable({ reference }: ApplyItem): boolean {
    return this.#presence.missing(reference) === undefined
  }

  /**
   * Reads live objects and judges them as they come.
   * @param subjects of the same items. The children name their owner by its uid, so theirs are known only when the
   * resources are read; their own lists are on their way meanwhile.
   */
  async read(
    items: readonly ApplyItem[],
    subjects: Promise<readonly Subject[]>,
    { onLive, isOptional = () => false, onForbidden }: JudgingListener,
  ): Promise<void> {
    const byItem = new Map<ApplyItem, Subject>()
    const ready = remember(subjects, byItem)
    await Promise.all([
      ready,
      readLive(
        this.#api,
        items.filter((item) => this.isReadable(item)),
        {
          onLive: (item, live) => {
            if (live !== undefined) onLive(item, live)
            this.#judge(byItem.get(item), live)
          },
          onForbidden: (item, error) => (isOptional(item) ? onForbidden?.(item) : this.refuse(item, error)),
          isOptional,
          ready,
        },
      ),
    ])
    for (const [item, subject] of byItem) {
      if (this.isReadable(item)) continue
      this.#judged.set(item, judgeUnserved(subject, this.#presence.definitionOf(item.reference)?.object))
    }
  }

  #judge(subject: Subject | undefined, live: KubernetesObject | undefined): void {
    if (subject === undefined) return
    const judged = judgeByLive(subject, live, this.#options)
    if (judged === undefined) this.#undecided.push({ subject, live })
    else this.#judged.set(subject.item, judged)
  }

  /** What may not be read is refused, with the server's words. @throws the error, where it is another one */
  refuse(item: ApplyItem, error: unknown): void {
    const refusal = refusalOf(error, item)
    if (refusal === undefined) throw error
    this.#judged.set(item, { ...unasked({ item, body: item.object }, 'observation'), verdict: 'refused', refusal })
  }

  /** Definitions first: what the server says of an object of theirs may be about a schema that is to be replaced. */
  async askAboutUndecided(): Promise<void> {
    const creates = this.#undecided.filter(({ live }) => live === undefined)
    const asked = new Set(createSample(creates, this.#options.askEverything))
    const isDefinition = ({ subject }: Undecided): boolean => subject.item.reference.kind === 'CustomResourceDefinition'
    const rest = this.#undecided.filter((undecided) => !isDefinition(undecided))
    for (const group of [this.#undecided.filter(isDefinition), rest]) {
      await Promise.all(
        group.map(async (undecided) => {
          const { subject, live } = undecided
          const isAsked = live !== undefined || asked.has(undecided)
          const planned = isAsked
            ? await judgeByDryRun(this.#api, subject, live, this.#options)
            : unasked(subject, 'sample')
          this.#judged.set(subject.item, this.#orBySchemaToCome(subject, planned))
        }),
      )
    }
  }

  /** A refusal by a definition that this set changes is no refusal yet: the new schema decides. */
  #orBySchemaToCome(subject: Subject, planned: PlannedItem): PlannedItem {
    if (planned.verdict !== 'refused') return planned
    const definition = this.#presence.definitionOf(subject.item.reference)
    const isChanged = definition !== undefined && this.#judged.get(definition)?.verdict === 'update'
    return isChanged ? judgeUnserved(subject, definition.object, planned.live) : planned
  }
}

async function remember(subjects: Promise<readonly Subject[]>, byItem: Map<ApplyItem, Subject>): Promise<void> {
  for (const subject of await subjects) byItem.set(subject.item, subject)
}
