/** A plan that was made, reviewed and stored is carried out as far as nothing moved since. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { isStoredWrite } from '../cluster/audit-log.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'

const cluster = await useControlPlane()
const directory = mkdtempSync(join(tmpdir(), 'reviewed-plan-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const file = (name: string): string => join(directory, name)
const kubeconfig = cluster.kubeconfig

const configMap = (name: string, value: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
})
const text = (...objects: readonly object[]): string => objects.map((object) => stringify(object)).join('---\n')

const run = (
  command: string,
  namespace: string,
  manifests: string,
  ...flags: readonly string[]
): Promise<CommandResult> => cli([command, '-f', '-', '-n', namespace, ...flags], { kubeconfig, stdin: manifests })

const path = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`

async function valueOf(namespace: string, name: string): Promise<unknown> {
  const { body } = await cluster.request('GET', path(namespace, name))
  return (body as { data?: { value?: string } }).data?.value
}

/** Changes a value as somebody with kubectl edit would. */
async function edit(namespace: string, name: string, value: string): Promise<void> {
  const { status } = await cluster.request('PATCH', `${path(namespace, name)}?fieldManager=kubectl-edit`, {
    body: { data: { value } },
    contentType: 'application/merge-patch+json',
  })
  expect(status).toBe(200)
}

describe('a plan that was stored', () => {
  test('is made by reads and dry runs only, readable by its owner alone', async () => {
    const namespace = await createNamespace(cluster, 'plan-read')
    const before = await cluster.auditEvents()
    const { code, stderr } = await run('diff', namespace, text(configMap('a', '1')), '--out', file('read.json'))
    expect(code, stderr).toBe(1)
    const events = (await cluster.auditEvents()).slice(before.length)
    expect(events.filter((event) => isStoredWrite(event) && event.objectRef?.namespace === namespace)).toEqual([])
    expect(statSync(file('read.json')).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file('read.json'), 'utf8'))).toMatchObject({
      apiVersion: 'plan.database.example.com/v1',
      kind: 'Plan',
      namespace,
      changes: [{ object: { kind: 'ConfigMap', namespace, name: 'a' }, action: 'create', proof: 'dry-run' }],
    })
  })

  test('is applied but for the object that somebody else edited since, with exit code 3', async () => {
    const namespace = await createNamespace(cluster, 'plan-moved')
    const names = ['a', 'b', 'c']
    expect((await run('apply', namespace, text(...names.map((name) => configMap(name, 'old'))))).code).toBe(0)
    const manifests = text(...names.map((name) => configMap(name, 'new')))
    expect((await run('diff', namespace, manifests, '--out', file('moved.json'))).code).toBe(1)
    await edit(namespace, 'b', 'edited')
    const { code, stderr } = await run('apply', namespace, manifests, '--plan', file('moved.json'))
    expect(code, stderr).toBe(3)
    expect(stderr).toMatch(
      /^error: ConfigMap \S+\/b: MovedSincePlan: ConfigMap \S+\/b is not what was reviewed: .*by kubectl-edit \(Update, \S+\)\n {3}at: -:\d+\n {2}try: .*diff --out .*$/m,
    )
    expect(await Promise.all(names.map((name) => valueOf(namespace, name)))).toEqual(['new', 'edited', 'new'])
  })

  test('does nothing to an object whose manifest changed, or that does not stand in it', async () => {
    const namespace = await createNamespace(cluster, 'plan-intent')
    expect((await run('diff', namespace, text(configMap('a', '1')), '--out', file('intent.json'))).code).toBe(1)
    const { code, stderr } = await run(
      'apply',
      namespace,
      text(configMap('a', '2'), configMap('b', '1')),
      '--plan',
      file('intent.json'),
    )
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('its manifest changed')
    expect(stderr).toContain('it does not stand in the plan')
    expect(await Promise.all(['a', 'b'].map((name) => valueOf(namespace, name)))).toEqual([undefined, undefined])
  })

  test('is not held up by a status that was written since', async () => {
    const namespace = await createNamespace(cluster, 'plan-status')
    const claim = (size: string): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', labels: { size } },
      spec: { ports: [{ port: 80 }], type: 'LoadBalancer' },
    })
    expect((await run('apply', namespace, text(claim('a')), '--no-wait')).code).toBe(0)
    expect((await run('diff', namespace, text(claim('b')), '--out', file('status.json'))).code).toBe(1)
    const { status } = await cluster.request('PATCH', `/api/v1/namespaces/${namespace}/services/web/status`, {
      body: { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
      contentType: 'application/merge-patch+json',
    })
    expect(status).toBe(200)
    const { code, stderr } = await run('apply', namespace, text(claim('b')), '--plan', file('status.json'))
    expect(code, stderr).toBe(0)
  })

  test.each([
    ['is cut off', (plan: string) => plan.slice(0, 200), 'the file is cut off'],
    [
      'is for another cluster',
      (plan: string) => plan.replace('https://127.0.0.1', 'https://127.0.0.9'),
      'the plan is for',
    ],
    [
      'is of another version',
      (plan: string) => plan.replace('example.com/v1', 'example.com/v9'),
      'the plan is of version',
    ],
  ])('is refused before anything is read of the objects where it %s', async (_name, spoil, words) => {
    const namespace = await createNamespace(cluster, 'plan-spoilt')
    const manifests = text(configMap('a', '1'))
    expect((await run('diff', namespace, manifests, '--out', file('spoilt.json'))).code).toBe(1)
    writeFileSync(file('spoilt.json'), spoil(readFileSync(file('spoilt.json'), 'utf8')))
    const { code, stderr } = await run('apply', namespace, manifests, '--plan', file('spoilt.json'))
    expect(code, stderr).toBe(2)
    expect(stderr).toContain(words)
    expect(await valueOf(namespace, 'a')).toBeUndefined()
  })
})
