import type { ExitCode } from '../api/exit-code.ts'
import { FIELD_MANAGER } from '../api/group.ts'
import type { ApplySet } from '../applier/set/apply-set.ts'
import { chooseSubset } from '../applier/set/subset.ts'
import { errorLines, exitCodeOf } from '../report/error-lines.ts'
import type { KnownDocuments } from '../manifests/document.ts'
import type { Reporter } from '../report/event.ts'
import type { CommandContext, FlagValues } from './command.ts'
import { countObjects, readInput, texts } from './input.ts'
import { openReporter } from './reporter.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import { keepYoungGeneration } from './heap-growth.ts'

/** What a command gets that works on manifests and a cluster. */
export interface ClusterWork {
  readonly session: Session
  readonly set: ApplySet
  /** Where the manifests come from, for people. */
  readonly source: string
  readonly reporter: Reporter
}

/**
 * Opens reporter and session, reads the manifests, tells the first line, and closes everything again. What goes wrong
 * is reported, so that `-o json` is one valid document also then.
 * @param kind `ApplyReport`, `DiffReport`, `DeleteReport`
 * @param knownDocuments documents that need not be read, see {@link readInput}
 */
export async function onCluster(
  kind: string,
  values: FlagValues,
  context: CommandContext,
  work: (work: ClusterWork) => Promise<ExitCode>,
  knownDocuments?: (session: Session) => KnownDocuments | undefined,
): Promise<ExitCode> {
  const reporter = await openReporter(values, context, kind)
  try {
    const session = await openSession(values, context, (message) => reporter.report({ type: 'warning', message }))
    try {
      keepYoungGeneration()
      const { set: all, source } = await readInput(values, context, session, knownDocuments?.(session))
      const [only, selector] = [texts(values, 'only'), values['selector']]
      const set = chooseSubset(all, {
        ...(typeof selector === 'string' ? { selector } : {}),
        ...(only === undefined ? {} : { only }),
      })
      const { context: name, server, namespace } = session
      const facts = { context: name, server, namespace, objects: countObjects(set), source, manager: FIELD_MANAGER }
      reporter.report({ type: 'started', ...facts })
      return await work({ session, set, source, reporter })
    } finally {
      session.close()
    }
  } catch (error) {
    const exitCode = exitCodeOf(error, context.signal)
    reporter.report({ type: 'aborted', ...errorLines(error), exitCode })
    if (values['verbose'] === true && error instanceof Error) context.output.message(`${error.stack ?? ''}\n`)
    return exitCode
  } finally {
    reporter.close()
  }
}
