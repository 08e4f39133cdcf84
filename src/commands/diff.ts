import { runDiff } from '../applier/diff.ts'
import { command as apply } from './apply.ts'
import { rerunOf } from './command-line.ts'
import type { Command } from './command.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, PLAN_FLAGS, SUBSET_FLAGS, TAKING_FLAGS } from './flags.ts'
import { onCluster } from './on-cluster.ts'
import { planDetails } from './plan-details.ts'

/** Shows what apply would change. Writes nothing. */
export const command: Command = {
  summary: 'show what apply would change: exit 0 nothing, 1 differences, more than 1 an error',
  usage: 'diff [-f PATH …] [flags]',
  positionals: 0,
  flags: { ...INPUT_FLAGS, ...SUBSET_FLAGS, ...CLUSTER_FLAGS, ...PLAN_FLAGS, ...TAKING_FLAGS, ...COMMON_FLAGS },
  run: (values, _positionals, context) =>
    onCluster('DiffReport', values, context, ({ session, set, reporter }) =>
      runDiff(
        session.api,
        set,
        {
          details: planDetails(values),
          verifyWithDryRun: values['verify-with-dry-run'] === true,
          force: values['force-conflicts'] === true,
          takeOver: values['take-over'] === true,
          rerun: rerunOf('apply', apply.flags, values, context),
          now: context.now,
        },
        reporter,
      ),
    ),
}
