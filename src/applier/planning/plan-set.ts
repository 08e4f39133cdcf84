import type { KubernetesObject } from '../../api/object.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from '../set/apply-set.ts'
import { withKnownPassword } from './adoption.ts'
import { planClaims } from './claim-plan.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { judgeCredentials } from './credentials-plan.ts'
import type { CredentialsJudgement } from './credentials-plan.ts'
import { createSample } from './create-sample.ts'
import { readLive } from '../cluster/live-objects.ts'
import { ownedBy } from '../set/owner.ts'
import { stateOf } from '../cluster/object-state.ts'
import { refusalOf } from './failure.ts'
import { judgeByDryRun, judgeByLive } from './planning.ts'
import { SurplusReading } from './surplus-reading.ts'
import { presenceOf } from './presence.ts'
import type { Presence } from './presence.ts'
import { unusableData } from './unusable-data.ts'
import { judgeUnserved } from './unserved.ts'
import { unasked } from './planned-item.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import type { PlannedDatabase, PlannedSet } from './planned-set.ts'
import type { PlanningOptions } from './planning-options.ts'

/** How a set is planned. */
export interface SetPlanningOptions extends PlanningOptions {
  /** Ask about every object that would be created, however many there are. */
  readonly askEverything: boolean
}

/**
 * Finds out what applying a set would do: the live objects in a few lists, a dry run for each that is not proved to be
 * unchanged. Nothing is written.
 */
export async function planSet(
  api: ClusterApi,
  set: ApplySet,
  view: ClusterView,
  options: SetPlanningOptions,
): Promise<PlannedSet> {
  return new Planner(api, view, await presenceOf(api, set), options).plan(set)
}

/** An object about which only a dry run can tell. */
interface Undecided {
  readonly subject: Subject
  readonly live: KubernetesObject | undefined
}

class Planner {
  readonly #api: ClusterApi
  readonly #view: ClusterView
  readonly #presence: Presence
  readonly #options: SetPlanningOptions
  readonly #judged = new Map<ApplyItem, PlannedItem>()
  readonly #undecided: Undecided[] = []
  readonly #secrets = new Map<ApplyItem, KubernetesObject>()
  #surplus = new SurplusReading({ others: [], databases: [] })

  constructor(api: ClusterApi, view: ClusterView, presence: Presence, options: SetPlanningOptions) {
    this.#api = api
    this.#view = view
    this.#presence = presence
    this.#options = options
  }

  async plan(set: ApplySet): Promise<PlannedSet> {
    const { others, databases } = set
    this.#surplus = new SurplusReading(set)
    const uids = this.#readResources(databases)
    const subjects = uids.then((known) => [
      ...databases.flatMap((database) => this.#childrenOf(database, known.get(database.resource))),
      ...others.map((item) => ({ item, body: item.object })),
    ])
    await Promise.all([
      this.#view.read(),
      this.#read([...databases.flatMap(({ children }) => children), ...others, ...this.#surplus.items], subjects),
      this.#readSecrets(databases.flatMap(({ credentials }) => credentials ?? [])),
    ])
    await Promise.all([this.#askAboutUndecided(), this.#surplus.readRest(this.#api)])
    const claims = await Promise.all(databases.map((database) => this.#planClaims(database)))
    return {
      others: others.map((item) => this.#planned(item)),
      databases: databases.map((database, index) => this.#plannedDatabase(database, claims[index] ?? [])),
    }
  }

  /** @returns the uids of the databases that exist */
  async #readResources(databases: readonly DatabaseItem[]): Promise<ReadonlyMap<ApplyItem, string | undefined>> {
    const uids = new Map<ApplyItem, string | undefined>()
    const subjects = databases.map(({ resource }) => ({ item: resource, body: resource.object }))
    await this.#read(
      subjects.map(({ item }) => item),
      Promise.resolve(subjects),
      (item, live) => uids.set(item, live.metadata.uid),
    )
    return uids
  }

  #childrenOf({ database, children }: DatabaseItem, uid: string | undefined): Subject[] {
    const { name } = database.metadata
    return children.map((item) => ({
      item,
      body: uid === undefined ? item.object : ownedBy(item.object, name, uid),
      owner: { name, uid },
    }))
  }

  /**
   * Reads live objects and judges them as they come.
   * @param subjects of the same items. The children name their owner by its uid, so theirs are known only when the
   * resources are read; their own lists are on their way meanwhile.
   */
  async #read(
    items: readonly ApplyItem[],
    subjects: Promise<readonly Subject[]>,
    onFound?: (item: ApplyItem, live: KubernetesObject) => void,
  ): Promise<void> {
    const byItem = new Map<ApplyItem, Subject>()
    const ready = remember(subjects, byItem)
    const isReadable = ({ reference }: ApplyItem): boolean => this.#presence.missing(reference) === undefined
    const isOptional = (item: ApplyItem): boolean => this.#surplus.has(item)
    const onForbidden = (item: ApplyItem, error: unknown): void => {
      if (isOptional(item)) this.#surplus.forbid(item)
      else this.#refuse(item, error)
    }
    const onLive = (item: ApplyItem, live: KubernetesObject | undefined): void => {
      if (live !== undefined) {
        this.#view.store(live)
        this.#surplus.see(item, live)
        onFound?.(item, live)
      }
      const subject = byItem.get(item)
      if (subject === undefined) return
      const judged = judgeByLive(subject, live, this.#options)
      if (judged === undefined) this.#undecided.push({ subject, live })
      else this.#judged.set(item, judged)
    }
    await Promise.all([
      ready,
      readLive(this.#api, items.filter(isReadable), { onLive, onForbidden, isOptional, ready }),
    ])
    for (const [item, subject] of byItem) {
      if (isReadable(item)) continue
      this.#judged.set(item, judgeUnserved(subject, this.#presence.definitionOf(item.reference)?.object))
    }
  }

  /** What may not be read is refused, with the server's words. */
  #refuse(item: ApplyItem, error: unknown): void {
    const refusal = refusalOf(error, item)
    if (refusal === undefined) throw error
    this.#judged.set(item, { ...unasked({ item, body: item.object }, 'observation'), verdict: 'refused', refusal })
  }

  async #readSecrets(items: readonly ApplyItem[]): Promise<void> {
    const readable = items.filter(({ reference }) => this.#presence.missing(reference) === undefined)
    await readLive(this.#api, readable, {
      onLive: (item, live) => {
        if (live !== undefined) this.#secrets.set(item, live)
      },
      onForbidden: (item, error) => this.#refuse(item, error),
    })
  }

  /** Definitions first: what the server says of an object of theirs may be about a schema that is to be replaced. */
  async #askAboutUndecided(): Promise<void> {
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

  /** Of a database that is itself refused nothing else is looked at. */
  async #planClaims(database: DatabaseItem): Promise<readonly PlannedItem[]> {
    const { verdict } = this.#planned(database.resource)
    return verdict === 'refused' ? [] : planClaims(this.#api, this.#view, database)
  }

  #plannedDatabase(item: DatabaseItem, claims: readonly PlannedItem[]): PlannedDatabase {
    const resource = withDataChecked(item, this.#planned(item.resource))
    // What is wrong with the resource is the cause of whatever would be wrong with its children.
    if (resource.refusal !== undefined)
      return {
        item: { ...item, credentials: undefined },
        resource,
        children: [],
        claims: [],
        surplus: [],
        credentials: 'existing',
      }
    const children = item.children.map((child) => this.#planned(child))
    const { plan, secret, refused } = this.#plannedCredentials(item)
    const known = withKnownPassword(children, plan)
    const liveSecret = item.credentials && this.#secrets.get(item.credentials)
    const secretState = liveSecret && stateOf(liveSecret)
    return {
      item,
      resource,
      children: refused === undefined ? known : [...known, refused],
      claims,
      surplus: this.#surplus.planOf(item, resource.live, this.#options.otherSet),
      credentials: plan,
      ...(secret === undefined ? {} : { secret }),
      ...(secretState === undefined ? {} : { secretState }),
    }
  }

  #plannedCredentials(item: DatabaseItem): CredentialsJudgement {
    const { credentials, key } = item
    const refused = credentials === undefined ? undefined : this.#judged.get(credentials)
    if (credentials === undefined || refused !== undefined)
      return { plan: 'existing', ...(refused === undefined ? {} : { refused }) }
    return judgeCredentials(item, credentials, this.#secrets.get(credentials), () => this.#view.hasClaims(key))
  }

  #planned(item: ApplyItem): PlannedItem {
    const planned = this.#judged.get(item)
    if (planned === undefined) throw new TypeError(`${item.reference.kind} ${item.reference.name} was not planned`)
    return planned
  }
}

function withDataChecked({ database }: DatabaseItem, planned: PlannedItem): PlannedItem {
  const refusal = planned.refusal ?? unusableData(database, planned.live)
  return refusal === undefined || planned.refusal !== undefined ? planned : { ...planned, verdict: 'refused', refusal }
}

async function remember(subjects: Promise<readonly Subject[]>, byItem: Map<ApplyItem, Subject>): Promise<void> {
  for (const subject of await subjects) byItem.set(subject.item, subject)
}
