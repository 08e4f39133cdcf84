import { InputError } from '../api/input-error.ts'
import { runDiff } from '../applier/diff.ts'
import { command as apply } from './apply.ts'
import type { Command } from './command.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, PLAN_FLAGS, SET_FLAGS, SUBSET_FLAGS, TAKING_FLAGS } from './flags.ts'
import { onCluster } from './on-cluster.ts'
import { planningOptions, planWriter } from './planning-options.ts'

/** Shows what apply would change. Writes nothing. */
export const command: Command = {
  summary: 'show what apply would change: exit 0 nothing, 1 differences, more than 1 an error',
  usage: 'diff [-f PATH …] [flags]',
  positionals: 0,
  flags: {
    ...INPUT_FLAGS,
    ...SUBSET_FLAGS,
    ...CLUSTER_FLAGS,
    out: { type: 'string', value: 'FILE', help: 'Store the plan, for apply --plan FILE. Secrets are masked in it.' },
    'as-keeper': {
      type: 'boolean',
      help: 'Show what would change if whoever keeps an object (Argo CD, Flux, Helm) applied the manifests, instead of refusing it.',
    },
    ...PLAN_FLAGS,
    ...SET_FLAGS,
    ...TAKING_FLAGS,
    ...COMMON_FLAGS,
  },
  run: (values, _positionals, context) => {
    const asKeeper = values['as-keeper'] === true
    for (const flag of asKeeper ? ['out', 'take-over', 'force-conflicts', 'recreate', 'set', 'prune'] : []) {
      if (values[flag] === undefined) continue
      throw new InputError(
        `--as-keeper and --${flag} exclude each other: one asks what others would do, one what apply would`,
        {
          remedy: 'keep one of them',
        },
      )
    }
    return onCluster('DiffReport', values, context, ({ session, set, source, reporter }) => {
      const options = planningOptions(values, context, session, apply.flags)
      const save = planWriter(values, context, { session, source }, options)
      return runDiff(session.api, set, { ...options, asKeeper, save }, reporter)
    })
  },
}
