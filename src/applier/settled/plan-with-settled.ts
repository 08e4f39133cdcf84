import type { ApplySet, DatabaseItem } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { ClusterView } from '../cluster/cluster-view.ts'
import type { SettledDatabases } from './settled-databases.ts'
import { planSet } from '../planning/plan-set.ts'
import type { JudgingOptions } from '../planning/judgements.ts'
import type { PlannedDatabase, PlannedSet } from '../planning/planned-set.ts'

/** How a set is planned of which something may be remembered. */
export interface SettledPlanningOptions extends JudgingOptions {
  readonly settled?: SettledDatabases | undefined
  readonly now: () => number
}

/** A plan, and the live objects of the databases that were looked at for it. */
export interface PlanWithView {
  readonly found: PlannedSet
  readonly view: ClusterView
}

const NONE: ReadonlyMap<DatabaseItem, PlannedDatabase> = new Map()

/** Plans a set, without looking at databases that are as an earlier run left them. */
export async function planWithSettled(
  api: ClusterApi,
  set: ApplySet,
  options: SettledPlanningOptions,
): Promise<PlanWithView> {
  const { settled } = options
  const recalled = (await settled?.recall(api, set, options.otherSet ?? (() => undefined))) ?? NONE
  const planned = await planRest(api, set, recalled, options)
  // Under another definition the same object may be shown otherwise.
  const isOfAge = recalled.size === 0 || planned.found.others.every(isNoChangedDefinition)
  const result = isOfAge ? planned : await planRest(api, set, NONE, options)
  settled?.note(result.found, result.view)
  return result
}

async function planRest(
  api: ClusterApi,
  set: ApplySet,
  recalled: ReadonlyMap<DatabaseItem, PlannedDatabase>,
  options: SettledPlanningOptions,
): Promise<PlanWithView> {
  const rest = { ...set, databases: set.databases.filter((item) => !recalled.has(item)) }
  const view = ClusterView.of(api, rest, options.now)
  const { others, databases } = await planSet(api, rest, view, options)
  // By place: the item of a database that is refused is not the one that was given.
  const looked = rest.databases.flatMap((item, index) => {
    const database = databases[index]
    return database === undefined ? [] : [[item, database] as const]
  })
  const planned = new Map([...recalled, ...looked])
  return { found: { others, databases: set.databases.flatMap((item) => planned.get(item) ?? []) }, view }
}

const isNoChangedDefinition = ({ item: { reference }, verdict }: PlannedSet['others'][number]): boolean =>
  reference.kind !== 'CustomResourceDefinition' || verdict === 'unchanged'
