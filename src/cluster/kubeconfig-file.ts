import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { KubeconfigError } from './errors.ts'
import { KubeconfigEntry } from './kubeconfig-entry.ts'
import { systemErrorCode } from './system-error.ts'

/** A named cluster, user or context together with the directory that its relative paths start from. */
export interface NamedEntry {
  readonly name: string
  readonly entry: KubeconfigEntry
  readonly directory: string
}

/** What one kubeconfig file says, or several merged. */
export interface KubeconfigContent {
  readonly clusters: ReadonlyMap<string, NamedEntry>
  readonly users: ReadonlyMap<string, NamedEntry>
  readonly contexts: ReadonlyMap<string, NamedEntry>
  readonly currentContext: string | undefined
}

/**
 * Reads one file.
 *
 * @returns `undefined` when there is no such file
 * @throws {@link KubeconfigError} when it cannot be read or is not a kubeconfig
 */
export async function readKubeconfigFile(path: string): Promise<KubeconfigContent | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new KubeconfigError(`cannot read the kubeconfig file: ${code}`, { where: path }, { cause: error })
  }
  return parseKubeconfig(text, path)
}

/**
 * Parses the text of one kubeconfig file.
 *
 * @param path - absolute path; relative paths inside the file start from its directory
 */
function parseKubeconfig(text: string, path: string): KubeconfigContent {
  const document = parseDocument(text)
  const problem = document.errors[0]
  if (problem !== undefined) {
    // The parser's own message quotes the line, and that line may hold a token.
    const line = problem.linePos?.[0].line
    throw new KubeconfigError(`not valid YAML (${problem.code})`, {
      where: line === undefined ? path : `${path}:${line}`,
    })
  }
  const value: unknown = document.toJS()
  if (value === null) return { clusters: new Map(), users: new Map(), contexts: new Map(), currentContext: undefined }
  const root = new KubeconfigEntry(value, path)
  const kind = root.text('kind')
  if (kind !== undefined && kind !== 'Config') throw root.problem(`this is a ${kind}, not a kubeconfig`, 'kind')
  const directory = dirname(path)
  return {
    clusters: named(root, 'clusters', 'cluster', directory),
    users: named(root, 'users', 'user', directory),
    contexts: named(root, 'contexts', 'context', directory),
    currentContext: root.text('current-context'),
  }
}

/** As kubectl: the first file that has a name wins with its whole entry; the first current-context that is set wins. */
export function mergeKubeconfigs(files: readonly KubeconfigContent[]): KubeconfigContent {
  const first = (pick: (file: KubeconfigContent) => ReadonlyMap<string, NamedEntry>): ReadonlyMap<string, NamedEntry> =>
    new Map(files.toReversed().flatMap((file) => [...pick(file)]))
  return {
    clusters: first((file) => file.clusters),
    users: first((file) => file.users),
    contexts: first((file) => file.contexts),
    currentContext: files.find((file) => file.currentContext !== undefined)?.currentContext,
  }
}

/** A path of a kubeconfig entry, made absolute. */
export function resolvePath(of: NamedEntry, path: string): string {
  return isAbsolute(path) ? path : resolve(of.directory, path)
}

function named(root: KubeconfigEntry, list: string, key: string, directory: string): ReadonlyMap<string, NamedEntry> {
  const found = new Map<string, NamedEntry>()
  for (const item of root.entries(list)) {
    const name = item.text('name')
    if (name === undefined) throw item.problem('name is required')
    if (found.has(name)) throw item.problem(`duplicate name ${JSON.stringify(name)}`)
    const where = `${root.where}: ${key} ${JSON.stringify(name)}`
    found.set(name, { name, directory, entry: item.entry(key)?.at(where) ?? new KubeconfigEntry({}, where) })
  }
  return found
}
