/** A password that the External Secrets Operator makes. The operator is played here: by its rules, not by its program. */
import { beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { KubernetesObject } from '../../src/api/object.ts'
import { generatePassword } from '../../src/postgres/password.ts'
import { manifestsOf } from '../constructs/manifests-of.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { leaksIn } from './canary.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { field, installDefinition, password, query } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster

/** As the operator defines it, as far as it matters here: both kinds have a status apart, of `Password` nobody writes one. */
function definition(group: string, version: string, kind: string): object {
  const plural = `${kind.toLowerCase()}s`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  }
}

const DEFINITIONS = [
  definition('generators.external-secrets.io', 'v1alpha1', 'Password'),
  definition('external-secrets.io', 'v1', 'ExternalSecret'),
]

let namespace = ''
let stdin = ''
beforeAll(async () => {
  await installDefinition(cluster)
  const installed = await cli(['apply', '-f', '-'], {
    kubeconfig,
    stdin: DEFINITIONS.map((one) => stringify(one)).join('---\n'),
  })
  if (installed.code !== 0) throw new Error(installed.stderr)
  namespace = await createNamespace(cluster, 'external-secret')
  const props = {
    namespace,
    image: 'postgres:14',
    databaseName: 'mydb',
    username: 'admin',
    storage: { size: '10Gi' },
    credentials: { externalSecret: true },
  } as const
  stdin = manifestsOf('test-db', props)
    .map((object) => stringify(object))
    .join('---\n')
})

/** What the operator does with an ExternalSecret that it sees for the first time. */
async function synchronise(): Promise<void> {
  const path = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets/test-db-credentials`
  let external: KubernetesObject | undefined
  await expect
    .poll(
      async () => {
        const { status, body } = await cluster.request('GET', path)
        if (status === 200) external = body as KubernetesObject
        return status
      },
      { timeout: 20_000 },
    )
    .toBe(200)
  if (external === undefined) throw new Error('there is no ExternalSecret')
  const { target } = external['spec'] as {
    target: {
      name: string
      immutable: boolean
      template: { type: string; metadata: object; data: Record<string, string> }
    }
  }
  const secrets = `/api/v1/namespaces/${namespace}/secrets`
  const existing = (await cluster.request('GET', `${secrets}/${target.name}`)).body as {
    immutable?: boolean
    kind: string
  }
  if (existing.immutable !== true) {
    const { type, metadata, data } = target.template
    const secret = generatePassword()
    const stringData = Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, text.replaceAll('{{ .password }}', secret)]),
    )
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name: target.name },
      type,
      immutable: target.immutable,
      stringData,
    }
    expect((await cluster.request('POST', secrets, { body })).status).toBe(201)
  }
  const status = { conditions: [{ type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'synced' }] }
  expect((await cluster.request('PUT', `${path}/status`, { body: { ...external, status } })).status).toBe(200)
}

async function applyWithOperator(): Promise<CommandResult> {
  const [result] = await Promise.all([
    cli(['apply', '-f', '-', '--timeout', '60s'], { kubeconfig, stdin }),
    synchronise(),
  ])
  return result
}

describe('a Database with a password of the External Secrets Operator', () => {
  test('becomes Ready with the Secret, and nothing waits for a status of the generator', async () => {
    const { code, stdout, stderr } = await applyWithOperator()
    expect(code, stderr).toBe(0)
    const secret = await password(cluster, namespace)
    expect(leaksIn(stdout + stderr + stdin, [secret])).toEqual([])
    expect(await query(cluster, namespace, 'create table kept as select 1 as one', { password: secret })).toEqual([])
    const uri = Buffer.from(await field(cluster, namespace, '.data.uri', 'secret/test-db-credentials'), 'base64')
    expect(uri.toString()).toBe(`postgresql://admin:${secret}@test-db.${namespace}.svc.cluster.local:5432/mydb`)
  })

  test('has its data and its password again after everything was deleted and applied once more', async () => {
    const before = await password(cluster, namespace)
    const deleted = await cli(['delete', '-f', '-'], { kubeconfig, stdin })
    expect(deleted.code, deleted.stderr).toBe(0)
    const { code, stderr } = await applyWithOperator()
    expect(code, stderr).toBe(0)
    expect(await password(cluster, namespace)).toBe(before)
    expect(await query(cluster, namespace, 'select one from kept', { password: before })).toEqual([{ one: 1 }])
  })
})
