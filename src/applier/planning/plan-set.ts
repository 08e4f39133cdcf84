import type { KubernetesObject } from '../../api/object.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from '../set/apply-set.ts'
import { withKnownPassword } from './adoption.ts'
import { planClaims } from './claim-plan.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { judgeCredentials } from './credentials-plan.ts'
import type { CredentialsJudgement } from './credentials-plan.ts'
import { readLive } from '../cluster/live-objects.ts'
import { ownedBy } from '../set/owner.ts'
import { stateOf } from '../cluster/object-state.ts'
import { Judgements } from './judgements.ts'
import type { JudgingOptions } from './judgements.ts'
import { SurplusReading } from './surplus-reading.ts'
import { presenceOf } from './presence.ts'
import type { Presence } from './presence.ts'
import { unusableData } from './unusable-data.ts'
import type { PlannedItem, Subject } from './planned-item.ts'
import type { PlannedDatabase, PlannedSet } from './planned-set.ts'

/**
 * Finds out what applying a set would do: the live objects in a few lists, a dry run for each that is not proved to be
 * unchanged. Nothing is written.
 */
export async function planSet(
  api: ClusterApi,
  set: ApplySet,
  view: ClusterView,
  options: JudgingOptions,
): Promise<PlannedSet> {
  return new Planner(api, view, set, await presenceOf(api, set), options).plan()
}

class Planner {
  readonly #api: ClusterApi
  readonly #view: ClusterView
  readonly #set: ApplySet
  readonly #options: JudgingOptions
  readonly #judgements: Judgements
  readonly #surplus: SurplusReading
  readonly #secrets = new Map<ApplyItem, KubernetesObject>()

  constructor(api: ClusterApi, view: ClusterView, set: ApplySet, presence: Presence, options: JudgingOptions) {
    this.#api = api
    this.#view = view
    this.#set = set
    this.#options = options
    this.#judgements = new Judgements(api, presence, options)
    this.#surplus = new SurplusReading(set)
  }

  async plan(): Promise<PlannedSet> {
    const { others, databases } = this.#set
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
    await Promise.all([this.#judgements.askAboutUndecided(), this.#surplus.readRest(this.#api)])
    const claims = await Promise.all(databases.map((database) => this.#planClaims(database)))
    return {
      others: others.map((item) => this.#judgements.of(item)),
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

  /** Reads live objects and judges them; the view is to know them, and what is left over is looked for among them. */
  #read(
    items: readonly ApplyItem[],
    subjects: Promise<readonly Subject[]>,
    onFound?: (item: ApplyItem, live: KubernetesObject) => void,
  ): Promise<void> {
    return this.#judgements.read(items, subjects, {
      onLive: (item, live) => {
        this.#view.store(live)
        this.#surplus.see(item, live)
        onFound?.(item, live)
      },
      isOptional: (item) => this.#surplus.has(item),
      onForbidden: (item) => this.#surplus.forbid(item),
    })
  }

  async #readSecrets(items: readonly ApplyItem[]): Promise<void> {
    const readable = items.filter((item) => this.#judgements.isReadable(item))
    await readLive(this.#api, readable, {
      onLive: (item, live) => {
        if (live !== undefined) this.#secrets.set(item, live)
      },
      onForbidden: (item, error) => this.#judgements.refuse(item, error),
    })
  }

  /** Of a database that is itself refused nothing else is looked at. */
  async #planClaims(database: DatabaseItem): Promise<readonly PlannedItem[]> {
    const { verdict } = this.#judgements.of(database.resource)
    return verdict === 'refused' ? [] : planClaims(this.#api, this.#view, database)
  }

  #plannedDatabase(item: DatabaseItem, claims: readonly PlannedItem[]): PlannedDatabase {
    const resource = withDataChecked(item, this.#judgements.of(item.resource))
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
    const children = item.children.map((child) => this.#judgements.of(child))
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
    const refused = credentials === undefined ? undefined : this.#judgements.find(credentials)
    if (credentials === undefined || refused !== undefined)
      return { plan: 'existing', ...(refused === undefined ? {} : { refused }) }
    return judgeCredentials(item, credentials, this.#secrets.get(credentials), () => this.#view.hasClaims(key))
  }
}

function withDataChecked({ database }: DatabaseItem, planned: PlannedItem): PlannedItem {
  const refusal = planned.refusal ?? unusableData(database, planned.live)
  return refusal === undefined || planned.refusal !== undefined ? planned : { ...planned, verdict: 'refused', refusal }
}
