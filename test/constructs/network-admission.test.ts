/** Who reaches a database by the NetworkPolicies that are synthesised, judged as a network plugin judges. */
import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { CONTROLLER_NAMESPACE } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import type { DatabaseControllerProps } from '../../src/constructs/database-controller.ts'
import { manifest, manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

type Labels = Readonly<Record<string, string>>

interface Selector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[]
}

interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
}

interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[]
}

/** A pod as a NetworkPolicy sees it. */
interface SeenPod {
  readonly namespace: string
  readonly labels: Labels
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key in labels
      if (operator === 'In') return values.includes(labels[key] ?? '')
      throw new Error(`no rule is written for ${operator}`)
    })
  )
}

/** A peer without a namespace selector is of the policy's own namespace; one with both must match both. */
const isPeer = ({ podSelector = {}, namespaceSelector }: Peer, home: string, { namespace, labels }: SeenPod): boolean =>
  (namespaceSelector === undefined
    ? namespace === home
    : selects(namespaceSelector, { 'kubernetes.io/metadata.name': namespace })) && selects(podSelector, labels)

/** Whether a policy that selects a pod lets it talk to another one. */
function allows(policy: KubernetesObject, side: 'ingress' | 'egress', other: SeenPod, port: number): boolean {
  const rules = (policy['spec'] as Readonly<Record<typeof side, readonly Rule[]>>)[side]
  return rules.some(({ from, to, ports = [] }) => {
    const peers = side === 'ingress' ? from : to
    const isOpen = ports.some((open) => open.port === port && open.protocol === 'TCP')
    return isOpen && (peers === undefined || peers.some((peer) => isPeer(peer, policy.metadata.namespace ?? '', other)))
  })
}

const podOf = (workload: KubernetesObject): SeenPod => ({
  namespace: workload.metadata.namespace ?? '',
  labels: (workload['spec'] as { template: { metadata: { labels: Labels } } }).template.metadata.labels,
})

function controllerWith(props: Partial<DatabaseControllerProps> = {}): readonly KubernetesObject[] {
  const chart = new Chart(new App(), 'controller', { disableResourceNameHashes: true })
  new DatabaseController(chart, 'Controller', { image: 'registry.example.com/controller:1.0.0', ...props })
  return chart.toJson() as KubernetesObject[]
}

describe.each(['orders', 'tls-secret', 'allow-from'])('the network of database %s', (name) => {
  const database = manifestsOf(name, SCENARIOS[name] as (typeof SCENARIOS)[string])
  const policy = manifest(database, 'NetworkPolicy')
  const server = podOf(manifest(database, 'StatefulSet'))

  test.each([
    ['of all namespaces', {}],
    ['of its namespace', { watchNamespaces: ['shop'] }],
  ])('lets the controller %s log in, on both sides', (_which, props) => {
    const controller = controllerWith(props)
    const pod = podOf(manifest(controller, 'Deployment'))
    expect(pod.namespace).toBe(CONTROLLER_NAMESPACE)
    expect(selects((policy['spec'] as { podSelector: Selector }).podSelector, server.labels)).toBe(true)
    expect(allows(policy, 'ingress', pod, 5432)).toBe(true)
    expect(allows(manifest(controller, 'NetworkPolicy'), 'egress', server, 5432)).toBe(true)
  })

  test('lets nobody in who only looks like the controller or stands beside it, and nobody to another port', () => {
    const pod = podOf(manifest(controllerWith(), 'Deployment'))
    expect(allows(policy, 'ingress', { ...pod, namespace: 'shop' }, 5432)).toBe(false)
    expect(allows(policy, 'ingress', { ...pod, labels: {} }, 5432)).toBe(false)
    expect(allows(policy, 'ingress', pod, 22)).toBe(false)
  })

  test('does not let a controller of other namespaces out to it', () => {
    const elsewhere = manifest(controllerWith({ watchNamespaces: ['bank'] }), 'NetworkPolicy')
    expect(allows(elsewhere, 'egress', server, 5432)).toBe(false)
  })
})
