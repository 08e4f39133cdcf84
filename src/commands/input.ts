import type { ApplySet } from '../applier/apply-set.ts'
import { buildApplySet } from '../applier/apply-set.ts'
import { refuseDuplicates } from '../manifests/duplicates.ts'
import { readManifests } from '../manifests/read.ts'
import type { CommandContext, FlagValues } from './command.ts'
import type { Session } from './session.ts'

/** The paths of `-f`, or `dist`. */
export function inputPaths(values: FlagValues): readonly string[] {
  const given = values['filename']
  return Array.isArray(given) && given.length > 0 ? (given as readonly string[]) : ['dist']
}

/**
 * Reads the manifests that the flags name into an apply set. Nothing of the cluster is touched but its discovery.
 * @throws InputError
 */
export async function readInput(
  values: FlagValues,
  context: CommandContext,
  session: Session,
): Promise<{ set: ApplySet; objects: number; source: string }> {
  const paths = inputPaths(values)
  const documents = readManifests(paths, context.standardInput)
  refuseDuplicates(documents)
  const set = await buildApplySet(documents, {
    namespace: session.namespace,
    isNamespaced: (apiVersion, kind) => session.api.isNamespaced(apiVersion, kind),
    expand: async (database) => (await import('../manifests/expansion.ts')).expandDatabase(database),
  })
  const objects =
    set.others.length +
    set.databases.reduce(
      (sum, { children, credentials }) => sum + 1 + children.length + (credentials === undefined ? 0 : 1),
      0,
    )
  return { set, objects, source: paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ') }
}
