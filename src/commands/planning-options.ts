import { readFileSync, writeFileSync } from 'node:fs'
import { InputError } from '../api/input-error.ts'
import type { SetOptions } from '../applier/inventory/apply-sets.ts'
import type { PreparationOptions } from '../applier/preparation.ts'
import { ReviewedPlan } from '../applier/planning/reviewed-plan.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import { formatStoredPlan, parseStoredPlan } from '../plan/stored-plan.ts'
import type { StoredOptions, StoredPlan } from '../plan/stored-plan.ts'
import { needsDocuments } from '../report/format.ts'
import { VERSION } from '../version.ts'
import type { Command, CommandContext, FlagValues } from './command.ts'
import { rerunOf } from './command-line.ts'
import type { Session } from './session.ts'

/** Options of planning that `diff` and `apply` share. */
export type SharedOptions = Omit<PreparationOptions, 'askEverything' | 'showDifferences' | 'reviewed'>

/** What a plan may do, as the flags say. */
export function planningOptions(
  values: FlagValues,
  context: CommandContext,
  session: Pick<Session, 'namespace'>,
  flags: Command['flags'],
): SharedOptions {
  return {
    details: { documents: needsDocuments(values['output']), hashes: values['out'] !== undefined },
    verifyWithDryRun: values['verify-with-dry-run'] === true,
    force: values['force-conflicts'] === true,
    takeOver: values['take-over'] === true,
    recreate: values['recreate'] === true,
    rerun: rerunOf('apply', flags, values, context),
    namespace: session.namespace,
    applySet: setOf(values, session.namespace),
    now: context.now,
  }
}

/** @throws InputError for `--prune` without a set, or with a part of one */
function setOf(values: FlagValues, namespace: string): SetOptions | undefined {
  const [set, prune] = [values['set'], values['prune'] === true]
  const part = ['only', 'selector'].find((flag) => values[flag] !== undefined)
  if (prune && typeof set !== 'string') {
    throw new InputError('--prune needs the name of the set that these manifests are', {
      remedy: 'name it, the same in every run: --set shop --prune',
    })
  }
  if (typeof set !== 'string') return undefined
  if (part !== undefined) {
    throw new InputError(`--set is about all manifests, --${part} chooses some of them`, {
      remedy: `leave out one of the two`,
    })
  }
  return { set, namespace, prune }
}

/** Where and with what a plan is made. */
export interface PlanPlace {
  readonly session: Pick<Session, 'context' | 'server' | 'namespace'>
  /** Where the manifests come from. */
  readonly source: string
}

/** Stores a plan in the file that `--out` names; `undefined` where none is asked for. */
export function planWriter(
  values: FlagValues,
  context: CommandContext,
  { session, source }: PlanPlace,
  options: SharedOptions,
): ((changes: readonly PlannedChange[]) => void) | undefined {
  const file = values['out']
  if (typeof file !== 'string') return undefined
  return (changes) => {
    const text = formatStoredPlan({
      createdAt: new Date(context.now()).toISOString(),
      programVersion: VERSION,
      context: session.context,
      server: session.server,
      namespace: session.namespace,
      source,
      options: storedOptions(options),
      changes,
    })
    try {
      // Secrets are masked in it; names and settings are still nobody else's business.
      writeFileSync(file, text, { mode: 0o600 })
    } catch (cause) {
      throw new InputError(`the plan cannot be written: ${codeOf(cause)}`, {
        where: file,
        remedy: 'name a file that can be written with --out',
        cause,
      })
    }
  }
}

/**
 * The plan that `--plan` names, with the options that it was made with.
 * @throws InputError where it cannot be read, is of another cluster, or other options are given
 */
export function reviewedPlan(
  values: FlagValues,
  { session }: Pick<PlanPlace, 'session'>,
  options: SharedOptions,
): { readonly reviewed?: ReviewedPlan; readonly options: SharedOptions } {
  const file = values['plan']
  if (typeof file !== 'string') return { options }
  const plan = parseStoredPlan(readPlan(file), file)
  refuseOtherPlace(plan, session, file)
  const given = storedOptions(options)
  for (const [name, flag] of Object.entries(OPTION_FLAGS) as [keyof StoredOptions, string][]) {
    if (!given[name] || plan.options[name]) continue
    throw new InputError(`the plan was made without ${flag}`, {
      where: file,
      remedy: `leave out ${flag}, or make the plan again with it: diff --out ${file} ${flag}`,
    })
  }
  const { force, recreate, takeOver, prune } = plan.options
  if (prune && options.applySet === undefined) {
    throw new InputError('the plan prunes a set, and no set is named', {
      where: file,
      remedy: 'name it as it was named when the plan was made: --set NAME',
    })
  }
  return {
    reviewed: new ReviewedPlan(plan, file),
    options: {
      ...options,
      force,
      recreate,
      takeOver,
      applySet: options.applySet && { ...options.applySet, prune },
    },
  }
}

const OPTION_FLAGS: Readonly<Record<keyof StoredOptions, string>> = {
  force: '--force-conflicts',
  recreate: '--recreate',
  takeOver: '--take-over',
  prune: '--prune',
}

function storedOptions({ force, recreate, takeOver, applySet }: SharedOptions): StoredOptions {
  return { force, recreate: recreate === true, takeOver, prune: applySet?.prune === true }
}

function readPlan(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`the plan cannot be read: ${codeOf(cause)}`, {
      where: file,
      remedy: `make one first: diff --out ${file}`,
      cause,
    })
  }
}

function refuseOtherPlace(plan: StoredPlan, session: PlanPlace['session'], file: string): void {
  if (plan.server === session.server && plan.namespace === session.namespace) return
  throw new InputError(
    `the plan is for namespace ${plan.namespace} of ${plan.server}, this is ${session.namespace} of ${session.server}`,
    { where: file, remedy: `choose that cluster with --context ${plan.context} -n ${plan.namespace}` },
  )
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
