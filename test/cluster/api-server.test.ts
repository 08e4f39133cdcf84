import { readFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { referenceOf } from '../../src/api/object.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { onlyNew } from '../../src/applier/set/only-new.ts'
import { connect } from '../../src/cluster/connect.ts'
import type { Client } from '../../src/cluster/client.ts'
import {
  fieldConflictsOf,
  isAlreadyExists,
  isConflict,
  isFieldManagerConflict,
  isForbidden,
  isInvalid,
  isKindNotServed,
  isNamespaceMissing,
  isNamespaceTerminating,
} from '../../src/cluster/error-guards.ts'
import { ApiError } from '../../src/cluster/errors.ts'
import { isJsonObject } from '../../src/cluster/json-object.ts'
import { builtInMapping, groupPath } from '../../src/cluster/kind-mapping.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { watch } from '../../src/cluster/watch.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { createNamespace, useControlPlane } from './shared.ts'

const controlPlane = await useControlPlane()
const opened: Client[] = []

async function clientOf(kubeconfig: string, namespace?: string): Promise<Client> {
  const connection = await loadKubeconfig({
    flag: kubeconfig,
    environment: {},
    ...(namespace === undefined ? {} : { namespace }),
  })
  const client = connect(connection, { environment: {} })
  opened.push(client)
  return client
}

const client = await clientOf(controlPlane.kubeconfig)
afterAll(() => opened.forEach(({ transport }) => transport.close()))

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work.then((value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
    })
  } catch (error) {
    return error
  }
}

const configMap = (namespace: string, name: string, data: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
})

describe('apply against a real API server', () => {
  test('with a version that no object ever had it creates, and leaves alone what is there', async () => {
    const namespace = await createNamespace(controlPlane, 'only-new')
    const others = await client.apply(configMap(namespace, 'theirs', { a: 'theirs' }), { fieldManager: 'others' })
    const newcomer = (name: string): KubernetesObject => onlyNew(configMap(namespace, name, { a: 'ours' }))
    expect(isConflict(await failureOf(client.apply(newcomer('theirs'), { force: true })))).toBe(true)
    expect(await client.get(referenceOf(others))).toEqual(others)
    const created = await client.apply(newcomer('ours'), { force: true })
    // What it owns, and what a certificate says of it, is as if it had been applied without.
    expect(created.metadata.managedFields).toEqual([
      expect.objectContaining({
        manager: 'cdk8s-database',
        operation: 'Apply',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      }),
    ])
    expect(isConflict(await failureOf(client.apply(newcomer('ours'), { force: true })))).toBe(true)
    const kept = await client.apply(configMap(namespace, 'ours', { a: 'ours' }))
    expect(kept.metadata.resourceVersion).toBe(created.metadata.resourceVersion)
  })

  test('creates, changes nothing when repeated, and reports who owns a field that is in conflict', async () => {
    const namespace = await createNamespace(controlPlane, 'apply')
    const first = await client.apply(configMap(namespace, 'settings', { size: 'small' }))
    const again = await client.apply(configMap(namespace, 'settings', { size: 'small' }))
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion)

    const theirs = configMap(namespace, 'settings', { size: 'large' })
    const error = await failureOf(client.apply(theirs, { fieldManager: 'someone-else' }))
    expect(isFieldManagerConflict(error)).toBe(true)
    expect(error instanceof ApiError && fieldConflictsOf(error)).toEqual([
      { field: '.data.size', manager: 'cdk8s-database' },
    ])

    const forced = await client.apply(theirs, { fieldManager: 'someone-else', force: true })
    expect(forced['data']).toEqual({ size: 'large' })
  })

  test('stores nothing in a dry run', async () => {
    const namespace = await createNamespace(controlPlane, 'dry-run')
    const answer = await client.apply(configMap(namespace, 'settings', {}), { dryRun: true })
    expect(answer.metadata.uid).toBeDefined()
    expect(await client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' })).toBeUndefined()
  })

  test('stores all of an object of which only the metadata is asked back, and tells of a conflict all the same', async () => {
    const namespace = await createNamespace(controlPlane, 'metadata')
    const settings = configMap(namespace, 'settings', { size: 'small' })
    const answer = await client.apply(settings, { metadataOnly: true })
    expect(answer).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace } })
    expect(answer['data']).toBeUndefined()
    const stored = await client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' })
    expect(stored?.metadata.resourceVersion).toBe(answer.metadata.resourceVersion)
    expect(stored?.['data']).toEqual({ size: 'small' })

    const theirs = configMap(namespace, 'settings', { size: 'large' })
    const error = await failureOf(client.apply(theirs, { fieldManager: 'someone-else', metadataOnly: true }))
    expect(isFieldManagerConflict(error)).toBe(true)
  })

  test('refuses a field that the schema does not know', async () => {
    const namespace = await createNamespace(controlPlane, 'strict')
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'orders', namespace }, spec: { prots: [] } }
    const error = await failureOf(client.apply(service))
    expect(error).toMatchObject({ name: 'ApiError', code: 500 })
    expect(String(error)).toContain('prots')
  })

  test('keeps the capitals of a Role and of the path to it', async () => {
    const namespace = await createNamespace(controlPlane, 'capitals')
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'Orders:Reader', namespace },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    }
    await client.apply(role)
    const found = await client.get({ ...role, ...role.metadata })
    expect(found?.metadata.name).toBe('Orders:Reader')
    expect(found?.['rules']).toEqual(role.rules)
  })

  test('keeps the peers of a NetworkPolicy', async () => {
    const namespace = await createNamespace(controlPlane, 'peers')
    const spec = {
      podSelector: { matchLabels: { app: 'orders' } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: 'shop' } } }], ports: [{ port: 5432, protocol: 'TCP' }] },
      ],
    }
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'orders', namespace },
      spec,
    }
    expect((await client.apply(policy))['spec']).toEqual(spec)
  })

  test('carries text outside ASCII unharmed', async () => {
    const namespace = await createNamespace(controlPlane, 'text')
    const stored = await client.apply(configMap(namespace, 'settings', { greeting: 'größer 🐘 \u0001 "quoted" \n' }))
    expect(stored['data']).toEqual({ greeting: 'größer 🐘 \u0001 "quoted" \n' })
  })

  test('does not create an object that it names by uid', async () => {
    const namespace = await createNamespace(controlPlane, 'uid')
    const ghost = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'ghost', namespace, uid: '8ac19cf1-0000-4000-8000-000000000000' },
    }
    expect(isConflict(await failureOf(client.apply(ghost)))).toBe(true)
  })
})

describe('a CustomResourceDefinition', () => {
  const group = `g${Math.random().toString(36).slice(2)}.example.com`
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: {
                    size: { type: 'string', enum: ['s', 'm'], default: 's' },
                    count: { 'x-kubernetes-int-or-string': true },
                  },
                  'x-kubernetes-validations': [
                    { rule: "self.size != 'm' || has(self.count)", message: 'm needs a count' },
                  ],
                },
                status: { type: 'object', properties: { phase: { type: 'string' } } },
              },
            },
          },
        },
      ],
    },
  }
  const apiVersion = `${group}/v1`

  test('is told apart while it is missing, keeps its rules, and is found once it is there', async () => {
    const namespace = await createNamespace(controlPlane, 'crd')
    const widget = { apiVersion, kind: 'Widget', metadata: { name: 'one', namespace }, spec: { size: 's' } }
    expect(await failureOf(client.get({ ...widget, ...widget.metadata }))).toMatchObject({
      name: 'KindNotServedError',
      message: `the API server does not serve Widget of ${apiVersion}`,
    })
    expect(await client.discovery.isServed(apiVersion, 'Widget')).toBe(false)

    const stored = await client.apply(crd)
    expect(stored['spec']).toMatchObject(crd.spec)
    await expect.poll(() => client.discovery.isServed(apiVersion, 'Widget'), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => client.apply(widget).then(() => 'applied', String), { timeout: 10_000 }).toBe('applied')

    const status = await client.applyStatus({
      apiVersion,
      kind: 'Widget',
      metadata: { name: 'one', namespace },
      status: { phase: 'Ready' },
    })
    expect(status['status']).toEqual({ phase: 'Ready' })

    // A uid keeps no status from being stored on another object of that name; a version of the former one does.
    const ofAnother = { name: 'one', namespace, uid: '8ac19cf1-0000-4000-8000-000000000000' }
    const late = { apiVersion, kind: 'Widget', metadata: ofAnother, status: { phase: 'Late' } }
    expect((await client.applyStatus(late, { force: true }))['status']).toEqual({ phase: 'Late' })
    const resourceVersion = status.metadata.resourceVersion ?? ''
    const conflict = await failureOf(
      client.applyStatus({ ...late, metadata: { ...ofAnother, resourceVersion } }, { force: true }),
    )
    expect(isConflict(conflict)).toBe(true)
    const refused = await failureOf(client.apply({ ...widget, spec: { size: 'm' } }))
    expect(isInvalid(refused)).toBe(true)
    expect(String(refused)).toContain('m needs a count')
    expect((await client.list({ apiVersion, kind: 'Widget', namespace })).items.map(({ kind }) => kind)).toEqual([
      'Widget',
    ])
    expect(await client.delete({ ...crd, name: crd.metadata.name })).toMatch(/deleted|deleting/)
    await expect
      .poll(() => failureOf(client.get({ ...widget, ...widget.metadata })).then(isKindNotServed), { timeout: 20_000 })
      .toBe(true)
  })
})

describe('refusals of a real API server', () => {
  test('create of what exists', async () => {
    const namespace = await createNamespace(controlPlane, 'exists')
    await client.create(configMap(namespace, 'settings', {}))
    expect(isAlreadyExists(await failureOf(client.create(configMap(namespace, 'settings', {}))))).toBe(true)
  })

  test('a namespace that does not exist, and one that is being deleted', async () => {
    const missing = await failureOf(client.apply(configMap('does-not-exist', 'settings', {})))
    expect(isNamespaceMissing(missing)).toBe(true)

    const namespace = await createNamespace(controlPlane, 'ending')
    await client.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'keeps-it-alive', namespace, finalizers: ['example.com/hold'] },
    })
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'keeps-it-alive' }
    expect(await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toBe('deleting')
    const refused = await failureOf(client.create(configMap(namespace, 'settings', {})))
    await client.patch(reference, { metadata: { finalizers: null } })
    expect(isNamespaceTerminating(refused)).toBe(true)
  })

  test('rights that are missing, named by verb, resource and namespace', async () => {
    const namespace = await createNamespace(controlPlane, 'rights')
    const poor = await clientOf(await controlPlane.serviceAccountKubeconfig(namespace, 'poor'), namespace)
    const error = await failureOf(poor.list({ apiVersion: 'v1', kind: 'Secret', namespace }))
    expect(isForbidden(error)).toBe(true)
    expect(error).toMatchObject({ target: { verb: 'list', resource: 'secrets', namespace } })
  })

  test('deletion of an object that was replaced by another of its name', async () => {
    const namespace = await createNamespace(controlPlane, 'precondition')
    const created = await client.create(configMap(namespace, 'settings', {}))
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' }
    const wrong = await failureOf(client.delete(reference, { uid: '8ac19cf1-0000-4000-8000-000000000000' }))
    expect(isConflict(wrong)).toBe(true)
    expect(await client.delete(reference, { uid: created.metadata.uid ?? '' })).toBe('deleted')
    expect(await client.delete(reference, { uid: created.metadata.uid ?? '' })).toBe('absent')
  })

  test('a value of a Secret does not come back in an error', async () => {
    const namespace = await createNamespace(controlPlane, 'quoting')
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace },
      data: { password: 424_242_424_242 },
    }
    const error = await failureOf(client.apply(secret))
    expect(error).toBeInstanceOf(ApiError)
    expect(String(error)).not.toContain('424242424242')
  })
})

describe('logging in to a real API server', () => {
  test.each([
    ['a token', controlPlane.kubeconfig],
    ['a client certificate', controlPlane.clientCertificateKubeconfig],
  ])('with %s', async (_, kubeconfig) => {
    const other = await clientOf(kubeconfig)
    expect((await other.list({ apiVersion: 'v1', kind: 'Namespace' })).items.length).toBeGreaterThan(0)
  })

  test('with a token that is not known is rejected without naming it', async () => {
    const text = (await readFile(controlPlane.kubeconfig, 'utf8')).replaceAll(controlPlane.adminToken, 'canary-0815')
    const connection = await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} })
    expect(text).toContain('canary-0815')
    const stranger = connect(
      { ...connection, credentials: { authentication: { kind: 'token', token: 'canary-0815' } } },
      { environment: {} },
    )
    opened.push(stranger)
    const error = await failureOf(stranger.list({ apiVersion: 'v1', kind: 'Namespace' }))
    expect(error).toMatchObject({ name: 'CredentialError', rejected: true })
    expect(String(error)).not.toContain('canary')
  })

  test('asks what it may do', async () => {
    const spec = { resourceAttributes: { verb: 'create', resource: 'secrets', namespace: 'default' } }
    const question = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec }
    expect((await client.review(question))['status']).toMatchObject({ allowed: true })
    const poor = await clientOf(await controlPlane.serviceAccountKubeconfig('default', `poor-${Date.now()}`))
    expect((await poor.review(question))['status']).toMatchObject({ allowed: false })
  })

  test('impersonates user and groups whole', async () => {
    const connection = await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} })
    const other = connect(
      { ...connection, impersonation: { user: 'ann', groups: ['dev', 'ops'], extra: {} } },
      { environment: {} },
    )
    opened.push(other)
    const review = await other.review({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
    expect(review['status']).toMatchObject({
      userInfo: { username: 'ann', groups: ['dev', 'ops', 'system:authenticated'] },
    })
  })
})

describe('watching a real API server', () => {
  test('tells what is there, then what changes, then ends without a socket', async () => {
    const namespace = await createNamespace(controlPlane, 'watch')
    await client.apply(configMap(namespace, 'one', {}))
    const ending = new AbortController()
    const seen: string[] = []
    const describeEvent = (event: WatchEvent): string =>
      'object' in event ? `${event.type} ${event.object.metadata.name}` : event.type
    const selection = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      fieldSelector: 'metadata.name!=kube-root-ca.crt',
    }
    for await (const event of watch(client, selection, { signal: ending.signal })) {
      seen.push(describeEvent(event))
      if (event.type === 'synced') await client.apply(configMap(namespace, 'two', { a: '1' }))
      if (seen.at(-1) === 'added two') await client.apply(configMap(namespace, 'two', { a: '2' }))
      if (seen.at(-1) === 'modified two')
        await client.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'two' })
      if (event.type === 'deleted') ending.abort()
    }
    expect(seen).toEqual(['added one', 'synced', 'added two', 'modified two', 'deleted two'])
  })
})

test('the built-in table of kinds agrees with what the server serves', async () => {
  const groups = ['apps', 'authorization.k8s.io', 'authentication.k8s.io', 'batch', 'coordination.k8s.io']
  const more = ['discovery.k8s.io', 'events.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io']
  const rest = ['apiextensions.k8s.io', 'storage.k8s.io', 'scheduling.k8s.io']
  const served: { readonly told: unknown; readonly known: unknown }[] = []
  for (const apiVersion of ['v1', ...[...groups, ...more, ...rest].map((group) => `${group}/v1`)]) {
    const { resources } = await client.transport.request({
      target: { verb: 'get', resource: apiVersion },
      method: 'GET',
      path: groupPath(apiVersion),
      expect: 'discovery',
      retry: 'idempotent',
    })
    for (const resource of [resources].flat().filter(isJsonObject)) {
      const { name: plural, kind, namespaced } = resource
      const known = builtInMapping(apiVersion, String(kind))
      if (known === undefined || String(plural).includes('/')) continue
      served.push({ told: { apiVersion, kind, plural, namespaced }, known })
    }
  }
  expect(served.map(({ known }) => known)).toEqual(served.map(({ told }) => told))
  expect(served.length).toBeGreaterThan(25)
})
