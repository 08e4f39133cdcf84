import { KubernetesClusterApi } from '../applier/cluster/kubernetes-cluster-api.ts'
import type { ClusterApi } from '../applier/cluster/cluster-api.ts'
import { Client } from '../cluster/client.ts'
import { createCredentials } from '../cluster/credentials.ts'
import type { Fence } from '../cluster/fence.ts'
import { loadKubeconfig } from '../cluster/kubeconfig.ts'
import { Transport } from '../cluster/transport.ts'
import type { TransportOptions } from '../cluster/transport-options.ts'
import type { CommandContext, FlagValues } from './command.ts'

/** What sends requests. */
export interface SessionConnection {
  readonly api: ClusterApi
  /** The same connection, for what is not about objects of manifests. */
  readonly client: Client
}

/** An open connection to the cluster that the flags name. */
export interface Session extends SessionConnection {
  /** Another connection with the same credentials, whose writes end with a fence. Closed with the session. */
  fenced(fence: Fence): SessionConnection
  /** For header lines and hints. */
  readonly context: string
  readonly server: string
  readonly namespace: string
  /** Whether this runs in a pod of that cluster. */
  readonly inCluster: boolean
  close(): void
}

/**
 * Finds the cluster and opens a connection to it.
 * @throws KubeconfigError, CredentialError
 */
export async function openSession(
  values: FlagValues,
  context: CommandContext,
  onWarning: (text: string) => void,
  onAttempt?: TransportOptions['onAttempt'],
): Promise<Session> {
  const { environment, home, directory } = context
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  const [flag, contextName, namespace] = [text('kubeconfig'), text('context'), text('namespace')]
  const connection = await loadKubeconfig({
    environment,
    home,
    directory,
    ...(flag === undefined ? {} : { flag }),
    ...(contextName === undefined ? {} : { context: contextName }),
    ...(namespace === undefined ? {} : { namespace }),
    allowInsecure: values['allow-insecure'] === true,
  })
  const credentials = createCredentials(connection, { environment })
  const transports: Transport[] = []
  const connect = (more: Pick<TransportOptions, 'fence'>): SessionConnection => {
    const options = { onWarning, ...(onAttempt === undefined ? {} : { onAttempt }), ...more }
    const transport = new Transport(connection, credentials, options)
    transports.push(transport)
    const client = new Client(transport)
    return { api: new KubernetesClusterApi(client), client }
  }
  return {
    ...connect({}),
    fenced: (fence) => connect({ fence }),
    context: connection.context,
    server: connection.server.href.replace(/\/$/, ''),
    namespace: connection.namespace,
    inCluster:
      environment['KUBERNETES_SERVICE_HOST'] !== undefined &&
      flag === undefined &&
      environment['KUBECONFIG'] === undefined,
    close: () => {
      for (const transport of transports) transport.close()
    },
  }
}
