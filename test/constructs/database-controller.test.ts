import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import type { DatabaseControllerProps } from '../../src/constructs/database-controller.ts'
import { CONTROLLER_LABELS } from '../../src/api/labels.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'controller', {
  labels: {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  },
})

function manifestsOf(props: Partial<DatabaseControllerProps> = {}): KubernetesObject[] {
  const chart = new Chart(new App(), 'controller', { disableResourceNameHashes: true })
  new DatabaseController(chart, 'Controller', { image: 'registry.example.com/controller:1.0.0', namespace, ...props })
  return chart.toJson() as KubernetesObject[]
}

const rolesOf = (manifests: readonly KubernetesObject[]): string[] =>
  manifests
    .filter(({ kind }) => kind.endsWith('Role'))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '*'}/${metadata.name}`)

describe('the construct of the controller', () => {
  test('is accepted under the restricted standard without a warning', async () => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifestsOf() })
    const { code, stderr } = await cluster.kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], {
      stdin: list,
    })
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  test('may everything that it does in all namespaces, or only in those that are named', () => {
    expect(rolesOf(manifestsOf())).toEqual([
      `Role ${namespace}/cdk8s-database-controller-leader`,
      'ClusterRole */cdk8s-database-controller',
      'ClusterRole */cdk8s-database-controller-namespace-deletion',
    ])
    const watchNamespaces = ['shop', 'bank']
    const roles = [
      `Role ${namespace}/cdk8s-database-controller-leader`,
      'Role shop/cdk8s-database-controller',
      'Role bank/cdk8s-database-controller',
    ]
    const deletion = `ClusterRole */${namespace}-cdk8s-database-controller-namespace-deletion`
    expect(rolesOf(manifestsOf({ watchNamespaces }))).toEqual([...roles, deletion])
    expect(rolesOf(manifestsOf({ watchNamespaces, allowNamespaceDeletion: false }))).toEqual(roles)
  })

  test('of the whole cluster it may see, beside its namespaces, only databases, and which of its namespaces go', () => {
    const role = manifestsOf({ watchNamespaces: ['shop'] }).find(({ kind }) => kind === 'ClusterRole')
    expect(role?.['rules']).toEqual([
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: ['shop'] },
      { apiGroups: ['database.example.com'], resources: ['databases'], verbs: ['list', 'watch', 'patch'] },
    ])
  })

  test('may not delete a volume or a password, nor list passwords, nor run anything in a pod', () => {
    const rules = manifestsOf().flatMap(
      ({ rules: granted }) => (granted ?? []) as { resources: string[]; verbs: string[] }[],
    )
    const verbsOn = (resource: string): string[] =>
      rules.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs)
    expect(verbsOn('persistentvolumeclaims')).not.toContain('delete')
    expect(verbsOn('secrets').toSorted()).toEqual(['create', 'get', 'patch'])
    expect(JSON.stringify(rules)).not.toMatch(/\*|pods\/|escalate|bind"|impersonate/)
  })

  test('may talk to the API server, name servers and databases, and be asked for its metrics', () => {
    const policyOf = (props: Partial<DatabaseControllerProps>): unknown =>
      manifestsOf(props).find(({ kind }) => kind === 'NetworkPolicy')?.['spec']
    const databases = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'postgresql' } } }
    expect(policyOf({})).toEqual({
      podSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'cdk8s-database', 'app.kubernetes.io/component': 'controller' },
      },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: 8080, protocol: 'TCP' }] }],
      egress: [
        {
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
        {
          ports: [
            { port: 443, protocol: 'TCP' },
            { port: 6443, protocol: 'TCP' },
          ],
        },
        { to: [{ namespaceSelector: {}, ...databases }], ports: [{ port: 5432, protocol: 'TCP' }] },
      ],
    })
    const network = { apiServerPorts: [16_443], dependencies: [{ cidr: '10.1.0.0/16', ports: [6379] }] }
    expect(policyOf({ watchNamespaces: ['shop'], network })).toMatchObject({
      egress: [
        {},
        { ports: [{ port: 16_443 }] },
        {
          to: [
            {
              namespaceSelector: {
                matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop'] }],
              },
              ...databases,
            },
          ],
        },
        { to: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: [{ port: 6379, protocol: 'TCP' }] },
      ],
    })
  })

  test('brings the policies of deletion protection, unless somebody does not want them', () => {
    const policiesOf = (props: Partial<DatabaseControllerProps>): string[] =>
      manifestsOf(props)
        .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
        .map(({ metadata }) => metadata.name)
    expect(policiesOf({})).toEqual([
      'deletion-protection.database.example.com',
      'data-deletion-protection.database.example.com',
    ])
    expect(policiesOf({ watchNamespaces: ['shop'] })).toEqual([
      `${namespace}.deletion-protection.database.example.com`,
      `${namespace}.data-deletion-protection.database.example.com`,
    ])
    expect(policiesOf({ deletionProtection: false })).toEqual([])
  })

  test('gets the right to delete data in a role of its own, where somebody asks for it', () => {
    expect(rolesOf(manifestsOf({ allowDataDeletion: true })).slice(2)).toEqual([
      'ClusterRole */cdk8s-database-controller-data-deletion',
      'ClusterRole */cdk8s-database-controller-namespace-deletion',
    ])
  })

  test('has a Deployment for each shard, and none of them chooses the pods of another', () => {
    const deployments = manifestsOf({ shards: 3 }).filter(({ kind }) => kind === 'Deployment')
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(
      [0, 1, 2].map((index) => `cdk8s-database-controller-${index}`),
    )
    const specs = deployments.map(
      ({ spec }) =>
        spec as {
          selector: { matchLabels: object }
          template: { metadata: { labels: object }; spec: { containers: { args: string[] }[] } }
        },
    )
    expect(specs.map(({ template }) => template.spec.containers[0]?.args.slice(-2).join(' '))).toEqual(
      [0, 1, 2].map((index) => `--shard ${index}/3`),
    )
    for (const { selector, template } of specs) expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    expect(new Set(specs.map(({ selector }) => JSON.stringify(selector))).size).toBe(3)
    // The NetworkPolicies of databases admit all of them.
    for (const { template } of specs) expect(template.metadata.labels).toMatchObject(CONTROLLER_LABELS)
    expect(() => manifestsOf({ shards: 0 })).toThrow('shards is 0: use a whole number from 1 to 64')
  })

  test('passes what it is told on to the program', () => {
    const deployment = manifestsOf({ workers: 4, selector: 'tier=gold', watchNamespaces: ['shop'] }).find(
      ({ kind }) => kind === 'Deployment',
    )
    const spec = deployment?.['spec'] as { replicas: number; template: { spec: { containers: { args: string[] }[] } } }
    expect(spec.replicas).toBe(2)
    expect(spec.template.spec.containers[0]?.args.join(' ')).toBe(
      'controller --listen :8080 --selector tier=gold --workers 4 --watch-namespace shop',
    )
  })
})
