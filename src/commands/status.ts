import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { InputError } from '../api/input-error.ts'
import { databaseTrees } from '../applier/tree.ts'
import type { DatabaseTree, TreeNode } from '../applier/tree.ts'
import { formatTree } from '../report/tree.ts'
import type { Command, CommandContext } from './command.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS } from './flags.ts'
import { openSession } from './session.ts'

/** Shows databases and what belongs to them, from the cluster alone. */
export const command: Command = {
  summary: 'show databases and what belongs to them: exit 0 all current, 1 not',
  usage: 'status [NAME] [flags]',
  positionals: 1,
  flags: {
    ...CLUSTER_FLAGS,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'Databases of every namespace.' },
    ...COMMON_FLAGS,
  },
  async run(values, [name], context) {
    const format = values['output'] ?? 'human'
    if (format !== 'human' && format !== 'json') {
      throw new InputError(`-o ${String(format)} is not a format`, { remedy: 'use -o human or -o json' })
    }
    const session = await openSession(values, context, (message) => context.output.message(`warning: ${message}\n`))
    try {
      const namespace = values['all-namespaces'] === true ? undefined : session.namespace
      const databases = await databaseTrees(session.api, namespace, name)
      if (databases.length === 0) {
        const subject = name === undefined ? 'no databases' : `no database ${name}`
        throw new InputError(`${subject} in ${namespace === undefined ? 'any namespace' : `namespace ${namespace}`}`, {
          where: `context ${session.context} (${session.server})`,
          remedy:
            namespace === undefined
              ? 'apply one: npm run apply'
              : 'name another namespace with -n, or look everywhere with -A',
        })
      }
      return format === 'json' ? printJson(databases, session, context) : printTrees(databases, session, context)
    } finally {
      session.close()
    }
  },
}

function printJson(
  databases: readonly DatabaseTree[],
  session: { context: string; server: string },
  { output }: CommandContext,
): ExitCode {
  const exitCode = exitCodeOf(databases)
  const { context, server } = session
  output.data(
    `${JSON.stringify({ apiVersion: 'cli.database.example.com/v1', kind: 'StatusReport', context, server, databases, exitCode }, null, 2)}\n`,
  )
  return exitCode
}

function printTrees(
  databases: readonly DatabaseTree[],
  session: { context: string; server: string },
  { output }: CommandContext,
): ExitCode {
  output.message(`context ${session.context} (${session.server})\n`)
  for (const database of databases) {
    const lines = formatTree({ ...database, name: `${database.namespace}/${database.name}` }, output.style)
    output.data(`${lines.join('\n')}\n`)
  }
  return exitCodeOf(databases)
}

function exitCodeOf(databases: readonly DatabaseTree[]): ExitCode {
  const isCurrent = ({ status, children }: TreeNode): boolean => status.word === 'Current' && children.every(isCurrent)
  return databases.every(isCurrent) ? EXIT.done : EXIT.failed
}
