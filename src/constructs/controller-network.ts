import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { POSTGRES_PORT } from '../api/group.ts'
import { CONTROLLER_LABELS, selectorLabels } from '../api/labels.ts'
import type { PeerProps } from './peer-props.ts'

/** Somebody to whom a connection may be opened: pods by their labels, or addresses. */
export type DestinationProps = {
  /** TCP ports. */
  readonly ports: readonly number[]
} & (
  | (PeerProps & { readonly cidr?: never })
  | {
      /** Addresses, `10.1.0.0/16`. */
      readonly cidr: string
      readonly podSelector?: never
      readonly namespaceSelector?: never
    }
)

/** Whom the controller may talk to, and who may talk to it. */
export interface ControllerNetworkProps {
  /** TCP ports of the API server behind its Service, anywhere. @default [443, 6443] */
  readonly apiServerPorts?: readonly number[]
  /** What `host:port` of the databases' dependencies lead to: everything else is out of reach. @default nothing */
  readonly dependencies?: readonly DestinationProps[]
}

/** What the policy is about. */
interface Context extends ControllerNetworkProps {
  readonly metadata: object
  /** Where metrics and probes are served. */
  readonly port: number
  /** Namespaces of the databases; none means all. */
  readonly watchNamespaces: readonly string[]
}

const NAME = 'app.kubernetes.io/name'

const WHOM = 'network.dependencies must each name pods or namespaces, or else addresses by cidr'

/**
 * The controller opens connections to the API server, to name servers, to PostgreSQL in the pods of databases, and to
 * nobody else: whoever may create a Database cannot have it knock at other doors. Others reach its metrics only; probes
 * of the kubelet are never kept out.
 * @throws Error for a dependency that names nobody, or pods and addresses at once
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function controllerNetworkPolicy(scope: Construct, context: Context): ApiObject {
  const { metadata, port, watchNamespaces, apiServerPorts = [443, 6443], dependencies = [] } = context
  for (const { cidr, podSelector, namespaceSelector } of dependencies) {
    if ((cidr === undefined) === (podSelector === undefined && namespaceSelector === undefined)) throw new Error(WHOM)
  }
  const names = 'kubernetes.io/metadata.name'
  const namespaceSelector =
    watchNamespaces.length === 0
      ? {}
      : { matchExpressions: [{ key: names, operator: 'In', values: [...watchNamespaces] }] }
  const databases = { namespaceSelector, podSelector: { matchLabels: { [NAME]: selectorLabels('')[NAME] } } }
  return new ApiObject(scope, 'NetworkPolicy', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: { ...CONTROLLER_LABELS } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [tcp(port)] }],
      egress: [
        { ports: [tcp(53), { port: 53, protocol: 'UDP' }] },
        { ports: apiServerPorts.map(tcp) },
        { to: [databases], ports: [tcp(POSTGRES_PORT)] },
        ...dependencies.map(({ ports, cidr, namespaceSelector: namespaces, podSelector }) => ({
          to: [
            cidr === undefined
              ? {
                  ...(namespaces === undefined ? {} : { namespaceSelector: namespaces }),
                  ...(podSelector === undefined ? {} : { podSelector }),
                }
              : { ipBlock: { cidr } },
          ],
          ports: ports.map(tcp),
        })),
      ],
    },
  })
}

const tcp = (port: number): object => ({ port, protocol: 'TCP' })
