import { EXIT } from '../api/exit-code.ts'
import { runDelete } from '../applier/deletion.ts'
import type { Command } from './command.ts'
import { parseDuration } from './duration.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, SUBSET_FLAGS, WAIT_FLAGS } from './flags.ts'
import { onCluster } from './on-cluster.ts'

/** Deletes what manifests describe. Data stays. */
export const command: Command = {
  summary: 'delete what the manifests describe; volumes, credentials, definitions and namespaces stay',
  usage: 'delete [-f PATH …] [flags]',
  positionals: 0,
  flags: {
    ...INPUT_FLAGS,
    ...SUBSET_FLAGS,
    ...CLUSTER_FLAGS,
    ...WAIT_FLAGS,
    purge: {
      type: 'boolean',
      help: 'Delete volumes and credentials too, and definitions that nothing else uses. Cannot be undone; needs --yes.',
    },
    yes: { type: 'boolean', short: 'y', help: 'Yes, delete data.' },
    ...COMMON_FLAGS,
  },
  run(values, _positionals, context) {
    const timeoutMs = parseDuration(typeof values['timeout'] === 'string' ? values['timeout'] : '5m', 'timeout')
    const purge = values['purge'] === true
    return onCluster('DeleteReport', values, context, ({ session, set, reporter }) => {
      if (purge && values['yes'] !== true) {
        reporter.report({ type: 'failed', ...PURGE_REFUSED })
        return Promise.resolve(PURGE_REFUSED.exitCode)
      }
      const options = {
        purge,
        wait: values['wait'] !== false,
        deadline: AbortSignal.timeout(timeoutMs),
        interrupt: context.signal,
        now: context.now,
      }
      return runDelete(session.api, set, options, reporter)
    })
  },
}

const PURGE_REFUSED = {
  subject: 'delete --purge',
  reason: 'refused',
  message: 'this deletes volumes and credentials, and nothing brings them back',
  remedy: 'leave --purge out to keep the data, or add --yes',
  exitCode: EXIT.refused,
} as const
