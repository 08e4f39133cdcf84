import { runRelease } from '../applier/release.ts'
import type { Command } from './command.ts'
import { DRY_RUN_FLAGS, dryRunOf } from './dry-run.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, SUBSET_FLAGS } from './flags.ts'
import { onCluster } from './on-cluster.ts'

/** Hands what manifests describe over to whoever applies them next. */
export const command: Command = {
  summary: 'give up the ownership of every field and change no value, so that another tool can take over',
  usage: 'release [-f PATH …] [flags]',
  positionals: 0,
  flags: { ...INPUT_FLAGS, ...SUBSET_FLAGS, ...CLUSTER_FLAGS, ...DRY_RUN_FLAGS, ...COMMON_FLAGS },
  run(values, _positionals, context) {
    const dryRun = dryRunOf(values)
    return onCluster('ReleaseReport', values, context, ({ session, set, reporter }) =>
      runRelease(session.api, set, { dryRun, interrupt: context.signal, now: context.now }, reporter),
    )
  },
}
