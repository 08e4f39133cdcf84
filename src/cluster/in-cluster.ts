import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { KubeconfigError } from './errors.ts'
import type { ClusterConnection } from './cluster-connection.ts'
import type { KubeconfigOptions } from './kubeconfig-options.ts'

const defaultDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The API server and ServiceAccount of the pod that this process runs in.
 *
 * @returns `undefined` outside a pod
 * @throws {@link KubeconfigError} when the environment says "pod" but the ServiceAccount's token or CA is not there
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export async function inClusterConnection(options: KubeconfigOptions): Promise<ClusterConnection | undefined> {
  const host = options.environment['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = options.environment['KUBERNETES_SERVICE_PORT'] ?? ''
  if (host === '' || port === '') return undefined
  const directory = options.serviceAccountDirectory ?? defaultDirectory
  const token = join(directory, 'token')
  await readServiceAccountFile(token)
  const certificateAuthority = await readServiceAccountFile(join(directory, 'ca.crt'))
  const namespace = options.namespace ?? (await readServiceAccountFile(join(directory, 'namespace'))).trim()
  return {
    context: 'in-cluster',
    namespace,
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    certificateAuthority,
    insecureSkipTlsVerify: false,
    compression: true,
    credentials: { authentication: { kind: 'token-file', path: token } },
  }
}

async function readServiceAccountFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new KubeconfigError(
      'this looks like a pod, but its ServiceAccount cannot be read',
      { where: path, hint: 'set automountServiceAccountToken: true on the pod, or pass --kubeconfig FILE' },
      { cause: error },
    )
  }
}
