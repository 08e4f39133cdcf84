import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { CLIENT_OF_LABEL, clientOfLabel, CONTROLLER_NAMESPACE, METRICS_PORT, POSTGRES_PORT } from '../api/group.ts'
import { isHandedOver } from '../api/handed-over.ts'
import { CONTROLLER_LABELS } from '../api/labels.ts'
import type { Peer } from '../api/network-schema.ts'
import { hasStandbys } from '../api/optional-children.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

/**
 * Keeps everybody out but pods of the namespace that carry a client label, the controller, which logs in to verify, and
 * who `network.allowFrom` names.
 * Nothing goes out but between the pods of the database where there are standbys, who find each other by name: a stolen
 * role cannot carry data away.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function networkPolicy(scope: Construct, context: ChildContext): k8s.KubeNetworkPolicy {
  const { spec, selector, names } = context
  return new k8s.KubeNetworkPolicy(scope, 'NetworkPolicy', {
    metadata: childMetadata(context, names.networkPolicy),
    spec: {
      podSelector: { matchLabels: { ...selector } },
      policyTypes: ['Ingress', 'Egress'],
      ...(isHandedOver(spec, 'networkPolicy.ingress') ? {} : { ingress: ingressOf(context) }),
      ...(hasStandbys(spec) ? { egress: egressOf(context) } : {}),
    },
  })
}

/** To each other, and to whoever answers for names: which pods those are differs between clusters. */
function egressOf({ selector }: ChildContext): k8s.NetworkPolicyEgressRule[] {
  const dns = k8s.IntOrString.fromNumber(53)
  return [
    {
      to: [{ podSelector: { matchLabels: { ...selector } } }],
      ports: [{ port: k8s.IntOrString.fromNumber(POSTGRES_PORT), protocol: 'TCP' }],
    },
    {
      ports: [
        { port: dns, protocol: 'UDP' },
        { port: dns, protocol: 'TCP' },
      ],
    },
  ]
}

function ingressOf({ name, spec, selector }: ChildContext): k8s.NetworkPolicyIngressRule[] {
  return [
    {
      from: [
        { podSelector: { matchLabels: { [CLIENT_OF_LABEL]: name } } },
        { podSelector: { matchExpressions: [{ key: clientOfLabel(name), operator: 'Exists' }] } },
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': CONTROLLER_NAMESPACE } },
          podSelector: { matchLabels: { ...CONTROLLER_LABELS } },
        },
        ...(hasStandbys(spec) ? [{ podSelector: { matchLabels: { ...selector } } }] : []),
        ...(spec.network?.allowFrom ?? []).map(peerOf),
      ],
      ports: [{ port: k8s.IntOrString.fromNumber(POSTGRES_PORT), protocol: 'TCP' }],
    },
    ...(spec.monitoring === undefined ? [] : [metricsRule(spec.monitoring.allowFrom ?? DEFAULT_READERS)]),
  ]
}

/** Who reads metrics where nobody is named: the namespace in which people usually install Prometheus. */
const DEFAULT_READERS: readonly Peer[] = [
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
]

function metricsRule(readers: readonly Peer[]): k8s.NetworkPolicyIngressRule {
  return {
    from: readers.map(peerOf),
    ports: [{ port: k8s.IntOrString.fromNumber(METRICS_PORT), protocol: 'TCP' }],
  }
}

const peerOf = ({ namespaceSelector, podSelector }: Peer): k8s.NetworkPolicyPeer => ({
  ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
  ...(podSelector === undefined ? {} : { podSelector }),
})
