import { EXIT } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import { runDelete } from '../applier/deletion.ts'
import type { Command } from './command.ts'
import { parseDuration } from './duration.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, WAIT_FLAGS } from './flags.ts'
import { readInput } from './input.ts'
import { openReporter } from './reporter.ts'
import { openSession } from './session.ts'

/** Deletes what manifests describe. Data stays. */
export const command: Command = {
  summary: 'delete what the manifests describe; volumes, credentials, definitions and namespaces stay',
  usage: 'delete [-f PATH …] [flags]',
  positionals: 0,
  flags: {
    ...INPUT_FLAGS,
    ...CLUSTER_FLAGS,
    ...WAIT_FLAGS,
    purge: {
      type: 'boolean',
      help: 'Delete volumes, credentials, definitions and namespaces too. Cannot be undone; needs --yes.',
    },
    yes: { type: 'boolean', short: 'y', help: 'Yes, delete data.' },
    ...COMMON_FLAGS,
  },
  async run(values, _positionals, context) {
    const timeoutMs = parseDuration(typeof values['timeout'] === 'string' ? values['timeout'] : '5m', 'timeout')
    const reporter = await openReporter(values, context, 'DeleteReport')
    try {
      if (values['purge'] === true && values['yes'] !== true) {
        reporter.report({
          type: 'failed',
          subject: 'delete --purge',
          reason: 'refused',
          message: 'this deletes volumes and credentials, and nothing brings them back',
          remedy: 'leave --purge out to keep the data, or add --yes',
          exitCode: EXIT.refused,
        })
        return EXIT.refused
      }
      const session = await openSession(values, context, (message) => reporter.report({ type: 'warning', message }))
      try {
        const { set, objects, source } = await readInput(values, context, session)
        const { context: name, server, namespace } = session
        reporter.report({ type: 'started', context: name, server, namespace, objects, source, manager: FIELD_MANAGER })
        return await runDelete(
          session.api,
          set,
          {
            purge: values['purge'] === true,
            wait: values['wait'] !== false,
            deadline: AbortSignal.timeout(timeoutMs),
            interrupt: context.signal,
            now: context.now,
          },
          reporter,
        )
      } finally {
        session.close()
      }
    } finally {
      reporter.close()
    }
  },
}
