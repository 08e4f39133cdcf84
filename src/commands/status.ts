import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { API_VERSION, KIND } from '../api/group.ts'
import { InputError } from '../api/input-error.ts'
import { ChangeSignal } from '../applier/cluster/change-signal.ts'
import { databaseTrees } from '../applier/tree.ts'
import type { DatabaseTree } from '../applier/tree.ts'
import type { TreeNode } from '../applier/tree-node.ts'
import { REPORT_API_VERSION } from '../report/report-version.ts'
import { formatTree } from '../report/tree.ts'
import type { Command, CommandContext } from './command.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS } from './flags.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

/** Shows databases and what belongs to them, from the cluster alone. */
export const command: Command = {
  summary: 'show databases and what belongs to them: exit 0 all current, 1 not',
  usage: 'status [NAME] [flags]',
  positionals: 1,
  flags: {
    ...CLUSTER_FLAGS,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'Databases of every namespace.' },
    watch: { type: 'boolean', short: 'w', help: 'Show it again whenever something changes, until interrupted.' },
    ...COMMON_FLAGS,
  },
  async run(values, [name], context) {
    const format = values['output'] ?? 'human'
    if (format !== 'human' && format !== 'json') {
      throw new InputError(`-o ${String(format)} is not a format`, { remedy: 'use -o human or -o json' })
    }
    const print = format === 'json' ? printJson : printTrees
    const session = await openSession(values, context, (message) => context.output.message(`warning: ${message}\n`))
    try {
      const namespace = values['all-namespaces'] === true ? undefined : session.namespace
      const look = async (): Promise<ExitCode> => print(await findTrees(session, namespace, name), session, context)
      return values['watch'] === true ? await watch(session, namespace, look, context.signal) : await look()
    } finally {
      session.close()
    }
  },
}

async function findTrees(
  session: Session,
  namespace: string | undefined,
  name: string | undefined,
): Promise<readonly DatabaseTree[]> {
  const databases = await databaseTrees(session.api, namespace, name)
  if (databases.length > 0) return databases
  const subject = name === undefined ? 'no databases' : `no database ${name}`
  throw new InputError(`${subject} in ${namespace === undefined ? 'any namespace' : `namespace ${namespace}`}`, {
    where: `context ${session.context} (${session.server})`,
    remedy:
      namespace === undefined
        ? 'apply one: npm run apply'
        : 'name another namespace with -n, or look everywhere with -A',
  })
}

/** Shows everything again whenever something changed, until interrupted. */
async function watch(
  session: Session,
  namespace: string | undefined,
  look: () => Promise<ExitCode>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const changes = new ChangeSignal()
  const place = namespace === undefined ? {} : { namespace }
  changes.start(session.api, [
    { apiVersion: API_VERSION, kind: KIND, ...place },
    { apiVersion: 'v1', kind: 'Pod', ...place, labelSelector: 'app.kubernetes.io/name=postgresql' },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      ...place,
      labelSelector: 'app.kubernetes.io/name=postgresql',
    },
  ])
  try {
    while (!signal.aborted) {
      changes.reset()
      await look()
      await changes.wait(LOOK_AGAIN_MS, signal)
    }
    return EXIT.interrupted
  } finally {
    await changes.stop()
  }
}

/** Longest time without a fresh look, in milliseconds. */
const LOOK_AGAIN_MS = 60_000

function printJson(
  databases: readonly DatabaseTree[],
  session: { context: string; server: string },
  { output }: CommandContext,
): ExitCode {
  const exitCode = exitCodeOf(databases)
  const { context, server } = session
  output.data(formatReport({ context, server, databases, failures: [], exitCode }))
  return exitCode
}

function formatReport(facts: object): string {
  return `${JSON.stringify({ apiVersion: REPORT_API_VERSION, kind: 'StatusReport', ...facts }, null, 2)}\n`
}

function printTrees(
  databases: readonly DatabaseTree[],
  session: { context: string; server: string },
  { output }: CommandContext,
): ExitCode {
  output.message(`context ${session.context} (${session.server})\n`)
  for (const database of databases) {
    const lines = formatTree({ ...database, name: `${database.namespace}/${database.name}` }, output.dataStyle)
    output.data(`${lines.join('\n')}\n`)
  }
  return exitCodeOf(databases)
}

function exitCodeOf(databases: readonly DatabaseTree[]): ExitCode {
  const isCurrent = ({ status, children }: TreeNode): boolean => status.word === 'Current' && children.every(isCurrent)
  return databases.every(isCurrent) ? EXIT.done : EXIT.failed
}
