import { delimiter, join, resolve } from 'node:path'
import { readCluster } from './kubeconfig-cluster.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import { KubeconfigError } from './errors.ts'
import { inClusterConnection } from './in-cluster.ts'
import { mergeKubeconfigs, readKubeconfigFile } from './kubeconfig-file.ts'
import type { KubeconfigContent, NamedEntry } from './kubeconfig-file.ts'
import { readUser } from './kubeconfig-user.ts'
import type { KubeconfigOptions } from './kubeconfig-options.ts'

/**
 * Finds the cluster as kubectl does: `--kubeconfig`, else the files of `$KUBECONFIG`, else `~/.kube/config`, else the
 * ServiceAccount of the pod. Reads files only; runs no plugin and opens no connection.
 *
 * @throws {@link KubeconfigError} with what, where and a hint
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterConnection> {
  if (options.environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0' && options.allowInsecure !== true) {
    throw new KubeconfigError('NODE_TLS_REJECT_UNAUTHORIZED=0 would switch off TLS verification', {
      where: 'environment',
      hint: 'unset NODE_TLS_REJECT_UNAUTHORIZED',
    })
  }
  const paths = kubeconfigPaths(options)
  const files = await Promise.all(paths.map(readKubeconfigFile))
  if (options.flag !== undefined && files[0] === undefined) {
    throw new KubeconfigError('the kubeconfig file does not exist', {
      where: paths[0] ?? options.flag,
      hint: 'check the path that --kubeconfig names',
    })
  }
  const content = mergeKubeconfigs(files.filter((file) => file !== undefined))
  if (content.clusters.size + content.users.size + content.contexts.size > 0) {
    return connectionOf(content, paths, options)
  }
  const inCluster = options.flag === undefined ? await inClusterConnection(options) : undefined
  if (inCluster !== undefined && options.context === undefined) return inCluster
  throw new KubeconfigError(
    files.some((file) => file !== undefined) ? 'the kubeconfig is empty' : 'no kubeconfig found',
    {
      where: `looked at ${[...paths, 'the ServiceAccount of a pod (KUBERNETES_SERVICE_HOST)'].join(', ')}`,
      hint: 'pass --kubeconfig FILE or set KUBECONFIG',
    },
  )
}

/** The files that are read, in order of precedence. */
function kubeconfigPaths(options: KubeconfigOptions): readonly string[] {
  const absolute = (path: string): string =>
    options.directory === undefined ? resolve(path) : resolve(options.directory, path)
  if (options.flag !== undefined) return [absolute(options.flag)]
  const listed = (options.environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  if (listed.length > 0) return [...new Set(listed.map(absolute))]
  return options.home === undefined ? [] : [join(options.home, '.kube', 'config')]
}

async function connectionOf(
  content: KubeconfigContent,
  paths: readonly string[],
  options: KubeconfigOptions,
): Promise<ClusterConnection> {
  const where = paths.join(', ')
  const contextName = options.context ?? content.currentContext
  if (contextName === undefined) {
    throw new KubeconfigError('no current-context is set', {
      where,
      hint: `pass --context, one of: ${known(content.contexts)}`,
    })
  }
  const context = content.contexts.get(contextName)
  if (context === undefined) {
    throw new KubeconfigError(`context ${JSON.stringify(contextName)} does not exist`, {
      where,
      hint: `known contexts: ${known(content.contexts)}`,
    })
  }
  const cluster = referenced(context, 'cluster', content.clusters)
  if (cluster === undefined) throw context.entry.problem('the context names no cluster', 'cluster')
  const user = referenced(context, 'user', content.users)
  const endpoint = await readCluster(cluster, options)
  const login = user === undefined ? undefined : await readUser(user, cluster, endpoint, options)
  return {
    ...endpoint,
    context: contextName,
    namespace: options.namespace ?? context.entry.text('namespace') ?? 'default',
    credentials: login?.credentials ?? { authentication: { kind: 'none' } },
    ...(login?.impersonation === undefined ? {} : { impersonation: login.impersonation }),
  }
}

function referenced(
  context: NamedEntry,
  key: 'cluster' | 'user',
  among: ReadonlyMap<string, NamedEntry>,
): NamedEntry | undefined {
  const name = context.entry.text(key)
  if (name === undefined) return undefined
  const found = among.get(name)
  if (found === undefined) {
    throw context.entry.problem(`${key} ${JSON.stringify(name)} does not exist`, key, `known ${key}s: ${known(among)}`)
  }
  return found
}

function known(entries: ReadonlyMap<string, NamedEntry>): string {
  return entries.size === 0 ? '(none)' : [...entries.keys()].sort().join(', ')
}
