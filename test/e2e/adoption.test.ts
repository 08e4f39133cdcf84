/** Objects that somebody else keeps, or applied on the client's side before. */
import { describe, expect, test } from 'vitest'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { installDefinition, labManifest, storedWrites } from './database.ts'

const cluster = await useControlPlane()
const { kubeconfig } = cluster
const apply = (namespace: string, manifest: object, ...flags: string[]): ReturnType<typeof cli> =>
  cli(['apply', '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: JSON.stringify(manifest) })

interface Live {
  readonly metadata: {
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
    readonly managedFields: { readonly manager: string; readonly operation: string }[]
  }
  readonly data?: Record<string, string>
}

const settings = (data: Record<string, string>, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', ...metadata },
  data,
})

async function read(namespace: string, object = 'configmap/settings'): Promise<Live> {
  const { stdout } = await cluster.kubectl(['-n', namespace, 'get', object, '-o', 'json', '--show-managed-fields'])
  return JSON.parse(stdout) as Live
}

async function kubectlApply(namespace: string, object: object, ...flags: string[]): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['-n', namespace, 'apply', ...flags, '-f', '-'], {
    stdin: JSON.stringify(object),
  })
  expect(code, stderr).toBe(0)
}

/** What each tool leaves on its objects, the manager that writes them, and how we name it. */
const KEEPERS = [
  {
    owner: 'Argo CD application shop',
    manager: 'argocd-controller',
    metadata: (namespace: string) => ({
      annotations: { 'argocd.argoproj.io/tracking-id': `shop:/ConfigMap:${namespace}/settings` },
    }),
  },
  {
    owner: 'Flux Kustomization flux-system/apps',
    manager: 'kustomize-controller',
    metadata: () => ({
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    }),
  },
  {
    owner: 'Helm release default/shop',
    manager: 'helm',
    metadata: () => ({
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'default' },
    }),
  },
] as const

describe.each(KEEPERS)('an object of $owner', ({ owner, manager, metadata }) => {
  const keep = async (): Promise<string> => {
    const namespace = await createNamespace(cluster, 'kept')
    const kept = settings({ colour: 'green', size: 'L' }, metadata(namespace))
    await kubectlApply(namespace, kept, '--server-side', '--field-manager', manager)
    return namespace
  }

  test('is refused with its name, exit code 5 and both ways out, and stays as it is', async () => {
    const namespace = await keep()
    const before = await read(namespace)
    const { code, stderr } = await apply(namespace, settings({ colour: 'red' }))
    expect(stderr).toContain(`error: ConfigMap ${namespace}/settings: ManagedElsewhere: it is managed by ${owner}\n`)
    expect(stderr).toMatch(/would (?:be reverted within minutes|undo what is applied here)\n/)
    expect(stderr).toContain(
      `try: commit the change instead, or take it over: cdk8s-database apply -f - -n ${namespace} --take-over`,
    )
    expect(code).toBe(5)
    expect(await read(namespace)).toEqual(before)
    const plan = await cli(['diff', '-f', '-', '-n', namespace], {
      kubeconfig,
      stdin: JSON.stringify(settings({ colour: 'red' })),
    })
    expect(plan.stdout).toMatch(/! foreign +ConfigMap/)
    expect(plan.code).toBe(5)
  })

  test('is left to it, without a word, where it is as desired', async () => {
    const namespace = await keep()
    const { code, stdout } = await apply(namespace, settings({ colour: 'green' }))
    expect(stdout).toContain('1 unchanged')
    expect(code).toBe(0)
    expect(await storedWrites(cluster, namespace)).toEqual([])
  })

  test('is taken over only after a yes, with what goes in the plan; then it is ours', async () => {
    const namespace = await keep()
    const before = await read(namespace)
    const asked = await apply(namespace, settings({ colour: 'red' }), '--take-over')
    expect(asked.stdout).toContain(`takes over from ${owner}`)
    expect(asked.stderr).toMatch(/error: --take-over: Declined: .+\n {2}try: add --yes/)
    expect(asked.code).toBe(5)
    expect(await read(namespace)).toEqual(before)

    const taken = await apply(namespace, settings({ colour: 'red' }), '--take-over', '--yes')
    expect(taken.code, taken.stderr).toBe(0)
    expect(taken.stdout).toContain('data.size')
    const after = await read(namespace)
    expect(after.data).toEqual({ colour: 'red' })
    expect(after.metadata.labels).toBeUndefined()
    expect(after.metadata.annotations).toBeUndefined()
    expect(after.metadata.managedFields.map((entry) => entry.manager)).toEqual(['cdk8s-database'])

    const again = await apply(namespace, settings({ colour: 'blue' }))
    expect(again.code, again.stderr).toBe(0)
  })
})

test('an object that Argo CD applied on the client side is left to it too where it is as desired', async () => {
  const namespace = await createNamespace(cluster, 'kept')
  const annotations = { 'argocd.argoproj.io/tracking-id': `shop:/ConfigMap:${namespace}/settings` }
  const kept = settings({ colour: 'green' }, { annotations })
  await kubectlApply(namespace, kept, '--field-manager', 'argocd-controller')
  const { code, stdout } = await apply(namespace, settings({ colour: 'green' }))
  expect(stdout).toContain('1 unchanged')
  expect(code).toBe(0)
  expect(await storedWrites(cluster, namespace)).toEqual([])
})

test('a keeper is not disturbed by what may not change in place, with --recreate neither', async () => {
  const namespace = await createNamespace(cluster, 'kept')
  const immutable = (colour: string, metadata: object = {}): object => ({
    ...settings({ colour }, metadata),
    immutable: true,
  })
  const annotations = { 'argocd.argoproj.io/tracking-id': `shop:/ConfigMap:${namespace}/settings` }
  await kubectlApply(namespace, immutable('green', { annotations }), '--server-side')
  const { code, stderr } = await apply(namespace, immutable('red'), '--recreate', '--yes')
  expect(stderr).toContain('ManagedElsewhere: it is managed by Argo CD application shop')
  expect(code).toBe(5)
  expect((await read(namespace)).data).toEqual({ colour: 'green' })
})

describe('an object with the name of a child, made by hand', () => {
  test('is refused, and taken over with what the manifests do not ask for removed', async () => {
    await installDefinition(cluster)
    const namespace = await createNamespace(cluster, 'by-hand')
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'test-db', labels: { team: 'shop' } },
      spec: { selector: { app: 'old' }, ports: [{ name: 'postgresql', port: 5432 }] },
    }
    await kubectlApply(namespace, service)
    const run = (...flags: string[]): ReturnType<typeof cli> =>
      cli(['apply', '-f', '-', '-n', namespace, '--no-wait', ...flags], { kubeconfig, stdin: labManifest() })
    const refused = await run()
    expect(refused.stderr).toMatch(/error: Service \S+\/test-db: NotOurs: .+, or take it over: cdk8s-database apply /s)
    expect(refused.code).toBe(5)
    expect(await storedWrites(cluster, namespace)).toEqual([])
    const taken = await run('--take-over', '--yes')
    expect(taken.code, taken.stderr).toBe(0)
    const { metadata, spec } = (await read(namespace, 'service/test-db')) as Live & { spec: { selector: object } }
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/instance': 'test-db' })
    expect(metadata.labels).not.toHaveProperty('team')
    expect(spec.selector).not.toHaveProperty('app')
    expect(metadata.managedFields.map((entry) => entry.manager)).toEqual(['cdk8s-database'])
  })
})

describe('an object that was applied on the client side', () => {
  test('comes to us: a field that left the manifest goes, and the plan says so beforehand', async () => {
    const namespace = await createNamespace(cluster, 'client-side')
    await kubectlApply(namespace, settings({ colour: 'red', size: 'L' }))
    const plan = await cli(['diff', '-f', '-', '-n', namespace], {
      kubeconfig,
      stdin: JSON.stringify(settings({ colour: 'red' })),
    })
    expect(plan.stdout).toContain('migrates from client-side apply (kubectl-client-side-apply): 1 field goes')
    expect(plan.stdout).toMatch(/data\.size.*\n\s+- L\n/)
    expect(plan.code).toBe(1)
    const { code, stderr } = await apply(namespace, settings({ colour: 'red' }))
    expect(code, stderr).toBe(0)
    const live = await read(namespace)
    expect(live.data).toEqual({ colour: 'red' })
    expect(live.metadata.annotations).toBeUndefined()
    expect(live.metadata.managedFields.map(({ manager, operation }) => [manager, operation])).toEqual([
      ['cdk8s-database', 'Apply'],
    ])
    const before = (await storedWrites(cluster, namespace)).length
    expect((await apply(namespace, settings({ colour: 'red' }))).stdout).toContain('1 unchanged')
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })

  test('keeps what the server assigned and what others own', async () => {
    const namespace = await createNamespace(cluster, 'client-side')
    const service = (spec: object, metadata: object = {}): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', ...metadata },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }], ...spec },
    })
    await kubectlApply(namespace, service({ type: 'ClusterIP', sessionAffinity: 'None' }, { labels: { team: 'shop' } }))
    await cluster.kubectl(['-n', namespace, 'annotate', 'service', 'web', 'note=mine'])
    const address = async (): Promise<string> =>
      (await cluster.kubectl(['-n', namespace, 'get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])).stdout
    const before = await address()
    const { code, stdout, stderr } = await apply(namespace, service({}))
    expect(code, stderr).toBe(0)
    // The type is a default: it comes back, so that nothing about it changes.
    expect(stdout).not.toContain('spec.type')
    expect(stdout).toMatch(/metadata\.labels/)
    expect(await address()).toBe(before)
    const { metadata } = await read(namespace, 'service/web')
    expect(metadata.labels).toBeUndefined()
    expect(metadata.annotations).toEqual({ note: 'mine' })
  })
})
