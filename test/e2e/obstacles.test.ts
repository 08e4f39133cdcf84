/** What stands in the way of a database, and what people are told about it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli, PROJECT } from './command.ts'
import { field, installDefinition, labManifest, password, query, storedWrites } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster
const apply = (namespace: string, manifest: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli(['apply', '-f', '-', '-n', namespace, ...(flags.includes('--timeout') ? [] : ['--timeout', '60s']), ...flags], {
    kubeconfig,
    stdin: manifest,
  })

beforeAll(() => installDefinition(cluster))

describe('an image that cannot be pulled', () => {
  test('ends with exit code 4 and names the cause and the image; the corrected manifest needs no hands', async () => {
    const namespace = await createNamespace(cluster, 'image')
    const wrong = await apply(namespace, labManifest({ 'postgres:14': 'postgres:14.99' }), '--timeout', '8s')
    expect(wrong.stderr).toContain('ErrImagePull')
    expect(wrong.stderr).toContain('postgres:14.99')
    expect(wrong.code).toBe(4)
    expect(await field(cluster, namespace, '.status.phase')).toBe('Deploying')
    const corrected = await apply(namespace, labManifest())
    expect(corrected.code).toBe(0)
    expect(await field(cluster, namespace, '.status.phase')).toBe('Ready')
  })
})

describe('a Secret that is gone while the volume exists', () => {
  test('stalls the database; no password is invented', async () => {
    const namespace = await createNamespace(cluster, 'lost')
    expect((await apply(namespace, labManifest())).code).toBe(0)
    await cluster.kubectl(['-n', namespace, 'delete', 'secret', 'test-db-credentials'])
    const { code, stderr } = await apply(namespace, labManifest())
    expect(stderr).toContain('CredentialsMissingForExistingData')
    expect(code).toBe(1)
    const stalled = '.status.conditions[?(@.type=="Stalled")]'
    expect(await field(cluster, namespace, `${stalled}.status`)).toBe('True')
    expect(await field(cluster, namespace, `${stalled}.reason`)).toBe('CredentialsMissingForExistingData')
    expect((await cluster.kubectl(['-n', namespace, 'get', 'secret', '-o', 'name'])).stdout).toBe('')
  })
})

describe('a Secret that GitOps made without a password', () => {
  test('gets the missing keys once, and keeps what it has', async () => {
    const namespace = await createNamespace(cluster, 'shell')
    const shell = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'test-db-credentials',
        namespace,
        labels: {
          team: 'shop',
          'app.kubernetes.io/instance': 'test-db',
          'app.kubernetes.io/managed-by': 'cdk8s-database',
        },
      },
      type: 'kubernetes.io/basic-auth',
      data: { username: Buffer.from('admin').toString('base64') },
    }
    await cluster.kubectl(['apply', '--server-side', '--field-manager', 'argocd-controller', '-f', '-'], {
      stdin: JSON.stringify(shell),
    })
    expect((await apply(namespace, labManifest())).code).toBe(0)
    const first = await password(cluster, namespace)
    expect(first).toMatch(/^[A-Za-z0-9_-]{24,}$/)
    expect(await field(cluster, namespace, '.metadata.labels.team', 'secret/test-db-credentials')).toBe('shop')
    await cluster.kubectl(['apply', '--server-side', '--field-manager', 'argocd-controller', '-f', '-'], {
      stdin: JSON.stringify(shell),
    })
    expect((await apply(namespace, labManifest())).code).toBe(0)
    expect(await password(cluster, namespace)).toBe(first)
  })
})

describe('Argo CD or Flux and the applier on the same manifests', () => {
  test('never conflict, whoever comes first and however often', async () => {
    const namespace = await createNamespace(cluster, 'gitops')
    const rendered = readFileSync(join(PROJECT, 'dist', 'shop.k8s.yaml'), 'utf8').replaceAll(
      'namespace: shop',
      `namespace: ${namespace}`,
    )
    const sync = (): ReturnType<typeof cluster.kubectl> =>
      cluster.kubectl(['apply', '--server-side', '--field-manager', 'argocd-controller', '-f', '-'], {
        stdin: rendered,
      })
    expect((await sync()).code).toBe(0)
    const first = await apply(namespace, rendered)
    expect(first.code, first.stderr).toBe(0)
    const again = await sync()
    expect(again.code, again.stderr).toBe(0)
    const before = (await storedWrites(cluster, namespace)).length
    expect((await apply(namespace, rendered)).code).toBe(0)
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })
})

describe('another major on the volume', () => {
  test('is refused before the running server is touched', async () => {
    const namespace = await createNamespace(cluster, 'major')
    expect((await apply(namespace, labManifest())).code).toBe(0)
    const before = (await storedWrites(cluster, namespace)).length
    const { code, stderr } = await apply(namespace, labManifest({ 'postgres:14': 'postgres:18' }))
    expect(stderr).toMatch(/^error: Database \S+: MajorUpgradeRequired: .+\n {3}at: -:6\n {2}try: .+\n$/m)
    expect(code).toBe(1)
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })

  test('is refused by the bootstrap where nobody remembers, and the reason reaches the status', async () => {
    const namespace = await createNamespace(cluster, 'major')
    expect((await apply(namespace, labManifest())).code).toBe(0)
    expect((await cli(['delete', '-f', '-', '-n', namespace], { kubeconfig, stdin: labManifest() })).code).toBe(0)
    const { code, stderr } = await apply(namespace, labManifest({ 'postgres:14': 'postgres:18' }))
    expect(stderr).toContain('MajorUpgradeRequired')
    expect(code).toBe(1)
    expect(await field(cluster, namespace, '.status.conditions[?(@.type=="Stalled")].reason')).toBe(
      'MajorUpgradeRequired',
    )
    expect((await apply(namespace, labManifest())).code).toBe(0)
  })
})

describe('an external dependency', () => {
  test('holds the database back until it is there', async () => {
    const namespace = await createNamespace(cluster, 'dependency')
    const manifest = `${labManifest()}  dependencies:\n    - object: { apiVersion: v1, kind: ConfigMap, name: gate }\n`
    const { code, stderr } = await apply(namespace, manifest, '--timeout', '4s')
    expect(stderr).toContain('ExternalDependencyUnavailable: ConfigMap gate: does not exist')
    expect(code).toBe(4)
    expect(await field(cluster, namespace, '.status.conditions[?(@.type=="Ready")].reason')).toBe(
      'ExternalDependencyUnavailable',
    )
    expect((await cluster.kubectl(['-n', namespace, 'get', 'statefulset,secret', '-o', 'name'])).stdout).toBe('')
    await cluster.kubectl(['-n', namespace, 'create', 'configmap', 'gate'])
    const before = (await cluster.auditEvents()).length
    expect((await apply(namespace, manifest)).code).toBe(0)
    // A person who asks again does not wait for the 30 seconds of the last run to pass: the Secret, which comes after
    // the dependencies and before PostgreSQL starts, is made as soon as the run has begun.
    const requests = (await cluster.auditEvents())
      .slice(before)
      .filter(
        ({ objectRef, userAgent = '' }) => objectRef?.namespace === namespace && userAgent.startsWith('cdk8s-database'),
      )
    const secret = requests.find(({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'secrets')
    const [began, made] = [requests[0], secret].map((event) => Date.parse(event?.requestReceivedTimestamp ?? ''))
    expect((made ?? Number.NaN) - (began ?? Number.NaN)).toBeLessThan(25_000)
  })
})

describe('two applies at the same time', () => {
  test('make one database with one password', async () => {
    const namespace = await createNamespace(cluster, 'twice')
    const results = await Promise.all([apply(namespace, labManifest()), apply(namespace, labManifest())])
    expect(results.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', ''])
    const creations = (await storedWrites(cluster, namespace)).filter(
      ({ objectRef, verb, responseStatus }) =>
        objectRef?.resource === 'secrets' && verb === 'create' && responseStatus?.code === 201,
    )
    expect(creations).toHaveLength(1)
    expect(
      await query(cluster, namespace, 'select 1 as one', { password: await password(cluster, namespace) }),
    ).toEqual([{ one: 1 }])
  })
})

describe('kubectl delete', () => {
  test('takes the children with it and leaves volume and credentials', async () => {
    const namespace = await createNamespace(cluster, 'collected')
    expect((await apply(namespace, labManifest())).code).toBe(0)
    await cluster.kubectl(['-n', namespace, 'delete', 'databases', '--all'])
    await expect
      .poll(
        async () =>
          (
            await cluster.kubectl([
              '-n',
              namespace,
              'get',
              'statefulset,service,networkpolicy,pod,role,rolebinding',
              '-o',
              'name',
            ])
          ).stdout,
        { timeout: 30_000 },
      )
      .toBe('')
    const { stdout } = await cluster.kubectl(['-n', namespace, 'get', 'pvc,secret', '-o', 'name'])
    expect(stdout.trim().split('\n')).toEqual(['persistentvolumeclaim/data-test-db-0', 'secret/test-db-credentials'])
  })
})

describe('an interruption', () => {
  test('ends with exit code 130 and the same command goes on from there', async () => {
    const namespace = await createNamespace(cluster, 'interrupt')
    const interrupted = await cli(['apply', '-f', '-', '-n', namespace], {
      kubeconfig,
      stdin: labManifest(),
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('-> Deploying')) child.kill('SIGINT')
        })
      },
    })
    expect(interrupted.stderr).toContain('run the same command again')
    expect(interrupted.code).toBe(130)
    expect((await apply(namespace, labManifest())).code).toBe(0)
  })
})

describe('input that is wrong', () => {
  const cases: [string, Record<string, string>, string[], number, string][] = [
    ['no replicas', { 'replicas: 1': 'replicas: 0' }, [], 2, 'spec.replicas: replicas must be at least 1'],
    [
      'an unknown field',
      { 'storage:': 'storge: {}\n  storage:' },
      [],
      2,
      'unknown field spec.storge: did you mean storage?',
    ],
    ['a context that does not exist', {}, ['--context', 'nowhere'], 2, 'context "nowhere" does not exist'],
    ['a missing kubeconfig', {}, ['--kubeconfig', '/nonexistent/kubeconfig'], 2, 'the kubeconfig file does not exist'],
  ]
  test.each(cases)(
    '%s ends with three lines, the exit code, and nothing applied',
    async (_, replacements, flags, expected, message) => {
      const namespace = await createNamespace(cluster, 'input')
      const { code, stderr } = await apply(namespace, labManifest(replacements), ...flags)
      expect(stderr).toContain(`error: ${message}`)
      expect(stderr).toMatch(/^error: .+\n {3}at: .+\n {2}try: .+\n$/m)
      expect(code).toBe(expected)
      expect(await storedWrites(cluster, namespace)).toEqual([])
    },
  )

  test('storage that shrinks is refused before anything is written', async () => {
    const namespace = await createNamespace(cluster, 'shrink')
    expect((await apply(namespace, labManifest())).code).toBe(0)
    const before = (await storedWrites(cluster, namespace)).length
    const { code, stderr } = await apply(namespace, labManifest({ '10Gi': '5Gi' }))
    expect(stderr).toContain(
      'error: Database ' +
        namespace +
        '/test-db: ShrinkRefused: storage.size cannot shrink: a volume can only grow\n   at: -:11\n  try: keep the size at 10Gi, or make a Database of another name and move the data: docs/runbooks/growing.md\n',
    )
    expect(code).toBe(1)
    expect((await storedWrites(cluster, namespace)).length).toBe(before)
  })

  test('no permission for one kind is told before anything is written', async () => {
    const namespace = await createNamespace(cluster, 'rights')
    const restricted = await cluster.serviceAccountKubeconfig(namespace, 'deployer')
    const rule = (apiGroups: string[], resources: string[]): object => ({
      apiGroups,
      resources,
      verbs: ['get', 'list', 'watch', 'create', 'patch'],
    })
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'deployer', namespace },
      rules: [
        rule(['database.example.com'], ['databases', 'databases/status']),
        rule(
          [''],
          [
            'serviceaccounts',
            'secrets',
            'configmaps',
            'services',
            'pods',
            'persistentvolumeclaims',
            'events',
            'pods/portforward',
          ],
        ),
        rule(['rbac.authorization.k8s.io'], ['roles', 'rolebindings']),
        rule(['networking.k8s.io'], ['networkpolicies']),
      ],
    }
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'deployer', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deployer' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
    }
    await cluster.kubectl(['apply', '-f', '-'], {
      stdin: [role, binding].map((object) => JSON.stringify(object)).join('\n---\n'),
    })
    const { code, stderr } = await cli(['apply', '-f', '-', '-n', namespace], {
      kubeconfig: restricted,
      stdin: labManifest(),
    })
    expect(stderr).toMatch(/error: StatefulSet \S+\/test-db: Forbidden: statefulsets\.apps "test-db" is forbidden/)
    expect(code).toBe(1)
    expect(await storedWrites(cluster, namespace)).toEqual([])
  })
})
