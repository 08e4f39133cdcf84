import type { CredentialSource } from './credential-source.ts'
import type { ClusterEndpoint } from './kubeconfig-cluster.ts'
import type { Impersonation } from './kubeconfig-user.ts'

/** One cluster to talk to, as one user, in one namespace. */
export interface ClusterConnection extends ClusterEndpoint {
  /** Name of the context, `in-cluster` inside a pod. */
  readonly context: string
  readonly namespace: string
  readonly credentials: CredentialSource
  readonly impersonation?: Impersonation
}
