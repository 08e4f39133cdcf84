import type { ApplySet } from '../applier/set/apply-set.ts'
import { buildApplySet } from '../applier/set/apply-set.ts'
import { refuseDuplicates } from '../manifests/duplicates.ts'
import { refuseMisnamedDatabases } from '../manifests/own-kind.ts'
import type { KnownDocuments } from '../manifests/document.ts'
import { readManifests } from '../manifests/read.ts'
import type { CommandContext, FlagValues } from './command.ts'
import type { Session } from './session.ts'

/** The values of a flag that may be repeated; `undefined` where it was not given. */
export function texts(values: FlagValues, name: string): readonly string[] | undefined {
  const given = values[name]
  return Array.isArray(given) && given.length > 0 ? (given as readonly string[]) : undefined
}

/**
 * Reads the manifests that the flags name into an apply set. Nothing of the cluster is touched but its discovery.
 * @param known documents of earlier runs, which need not be read
 * @throws InputError
 */
export async function readInput(
  values: FlagValues,
  context: CommandContext,
  session: Session,
  known?: KnownDocuments,
): Promise<{ set: ApplySet; source: string }> {
  const paths = texts(values, 'filename') ?? ['dist']
  const documents = readManifests(paths, context.standardInput, known)
  refuseMisnamedDatabases(documents)
  refuseDuplicates(documents)
  const set = await buildApplySet(documents, {
    namespace: session.namespace,
    isNamespaced: (apiVersion, kind) => session.api.isNamespaced(apiVersion, kind),
    expand: async (database) => (await import('../manifests/expansion.ts')).expandDatabase(database),
  })
  return { set, source: paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ') }
}

/** Objects of a set, the expanded ones included. */
export function countObjects({ others, databases }: ApplySet): number {
  const perDatabase = databases.map(
    ({ children, credentials }) => 1 + children.length + (credentials === undefined ? 0 : 1),
  )
  return perDatabase.reduce((sum, count) => sum + count, others.length)
}
