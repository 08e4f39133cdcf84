import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { imageWarnings } from '../postgres/image-warnings.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { memberKey } from '../plan/inventory.ts'
import { pruneChanges } from '../plan/prune-changes.ts'
import type { PlannedPrune } from '../plan/prune.ts'
import type { Reporter } from '../report/event.ts'
import { ApplySets } from './inventory/apply-sets.ts'
import type { SetOptions } from './inventory/apply-sets.ts'
import type { ApplySet } from './set/apply-set.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import type { ClusterView } from './cluster/cluster-view.ts'
import { planWithSettled } from './settled/plan-with-settled.ts'
import type { PlannedDatabase, PlannedSet } from './planning/planned-set.ts'
import type { JudgingOptions } from './planning/judgements.ts'
import { plannedChanges, reportRefusals, worst } from './planning/planned-changes.ts'
import type { PlanDetails } from './planning/planned-changes.ts'
import { isHeldBack } from './planning/reviewed-plan.ts'
import type { ReviewedPlan } from './planning/reviewed-plan.ts'
import type { PlannedItem } from './planning/planned-item.ts'
import type { SettledDatabases } from './settled/settled-databases.ts'

/** How a run is prepared. */
export interface PreparationOptions extends Omit<JudgingOptions, 'otherSet'> {
  readonly details: PlanDetails
  /** Print the differences of every object. */
  readonly showDifferences: boolean
  /** Namespace of the connection. */
  readonly namespace: string
  /** The set that the manifests are, where its inventory is kept. */
  readonly applySet?: SetOptions | undefined
  /** Do only what this plan says, and only where nothing moved. */
  readonly reviewed?: ReviewedPlan | undefined
  /** What an earlier run left. @default every database is looked at in full */
  readonly settled?: SettledDatabases | undefined
  readonly now: () => number
}

/** Everything that is known before anything is done; `diff` ends here. */
export interface Preparation {
  readonly plan: PlannedSet
  readonly view: ClusterView
  readonly sets: ApplySets
  readonly prunes: readonly PlannedPrune[]
  /** The whole plan as it was shown. */
  readonly changes: readonly PlannedChange[]
  /** Exit code of what is refused; `undefined` where nothing is. */
  readonly refused: ExitCode | undefined
  /** Whether something is refused that others may need: then nothing is applied. */
  readonly isBlocked: boolean
  /** Databases of which nothing is refused. */
  readonly possible: readonly PlannedDatabase[]
}

/** Plans a set and shows the plan, refusals included. Only reads and dry runs. */
export async function prepare(
  api: ClusterApi,
  set: ApplySet,
  options: PreparationOptions,
  reporter: Reporter,
): Promise<Preparation> {
  const sets = await ApplySets.open(api, options.namespace, options.applySet)
  for (const message of sets.warnings) reporter.report({ type: 'warning', message })
  const { found, view } = await planWithSettled(api, set, { ...options, otherSet: sets.otherSet })
  const plan = options.reviewed?.holdBack(found) ?? found
  const planned = await sets.planPrune(set, plan)
  const prunes = options.reviewed?.holdBackPrunes(planned) ?? planned
  const changes = [
    ...plannedChanges(plan, options.details),
    ...pruneChanges(withoutSurplus(prunes, plan), () => 'no longer in the manifests'),
  ]
  reporter.report({ type: 'planned', changes, showDifferences: options.showDifferences })
  for (const message of warningsOf(plan)) reporter.report({ type: 'warning', message })
  const refusedOthers = reportRefusals(plan.others, reporter)
  const refusedOfDatabases = reportRefusals(
    plan.databases.flatMap(({ resource, children, claims }) => [resource, ...claims, ...children]),
    reporter,
  )
  const refused = [refusedOthers, refusedOfDatabases].filter((code) => code !== undefined)
  return {
    plan,
    view,
    sets,
    prunes,
    changes,
    refused: refused.length === 0 ? undefined : worst(refused),
    isBlocked: plan.others.some(isInTheWay),
    possible: plan.databases.filter(
      // A volume is not half of a change: where it cannot grow, nothing of its database is done.
      ({ resource, children, claims }) =>
        [resource, ...claims].every(({ refusal }) => refusal === undefined) && !children.some(isInTheWay),
    ),
  }
}

/** Orphans of the set that are not left over of one of its databases, which looks after them itself. */
export function withoutSurplus(prunes: readonly PlannedPrune[], { databases }: PlannedSet): readonly PlannedPrune[] {
  const surplus = new Set(databases.flatMap((planned) => planned.surplus.map(({ member }) => memberKey(member))))
  return prunes.filter(({ member }) => !surplus.has(memberKey(member)))
}

/** What is worth knowing about the databases that are looked at; of one that is refused, only why. */
function warningsOf({ databases }: PlannedSet): string[] {
  const looked = databases.filter(({ settled, resource }) => settled === undefined && resource.refusal === undefined)
  return imageWarnings(looked.map(({ item: { key, database } }) => ({ name: key, spec: database.spec })))
}

/** Whether an object holds up more than itself: refused for any reason but that it moved since the plan was reviewed. */
const isInTheWay = (planned: PlannedItem): boolean => planned.refusal !== undefined && !isHeldBack(planned)

/** Exit code of a preparation that is not carried out: what is refused, or nothing. */
export function exitCodeOfPlan({ refused }: Preparation): ExitCode {
  return refused ?? EXIT.done
}
