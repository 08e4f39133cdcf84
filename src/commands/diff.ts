import { FIELD_MANAGER } from '../api/group.ts'
import { runDiff } from '../applier/diff.ts'
import type { Command } from './command.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS } from './flags.ts'
import { readInput } from './input.ts'
import { openReporter } from './reporter.ts'
import { openSession } from './session.ts'

/** Shows what apply would change. Writes nothing. */
export const command: Command = {
  summary: 'show what apply would change: exit 0 nothing, 1 differences, more than 1 an error',
  usage: 'diff [-f PATH …] [flags]',
  positionals: 0,
  flags: { ...INPUT_FLAGS, ...CLUSTER_FLAGS, ...COMMON_FLAGS },
  async run(values, _positionals, context) {
    const reporter = await openReporter(values, context, 'DiffReport')
    try {
      const session = await openSession(values, context, (message) => reporter.report({ type: 'warning', message }))
      try {
        const { set, objects, source } = await readInput(values, context, session)
        const { context: name, server, namespace } = session
        reporter.report({ type: 'started', context: name, server, namespace, objects, source, manager: FIELD_MANAGER })
        return await runDiff(session.api, set, context.now, reporter)
      } finally {
        session.close()
      }
    } finally {
      reporter.close()
    }
  },
}
