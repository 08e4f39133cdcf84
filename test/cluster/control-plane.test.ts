import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { isWrite } from './audit-log.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'

// A cluster of its own, because these tests stop its programs.
const controlPlane = await startControlPlane({ audit: 'Request' })
afterAll(() => controlPlane.stop())

async function apply(object: unknown, cluster: ControlPlane = controlPlane): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['apply', '--server-side', '-f', '-'], {
    stdin: JSON.stringify(object),
  })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
}

const patience = { timeout: 45_000, interval: 50 }

const get = async (path: string): Promise<number> => (await controlPlane.request('GET', path)).status

function statefulSet(name: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'default' },
    spec: {
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'example.com/none' }] },
      },
    },
  }
}

describe('a control plane', () => {
  test('serves the Kubernetes version that the Go module pins', async () => {
    const { code, stdout } = await controlPlane.kubectl(['version', '--output=json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      clientVersion: { gitVersion: 'v1.36.2', major: '1', minor: '36' },
      serverVersion: { gitVersion: 'v1.36.2', major: '1', minor: '36' },
    })
  })

  test('knows its administrator by token and by client certificate, and nobody else', async () => {
    const whoami = ['auth', 'whoami', '--output=jsonpath={.status.userInfo.username} {.status.userInfo.groups[0]}']
    const byToken = await controlPlane.kubectl(whoami)
    expect(byToken.stdout).toBe('admin system:masters')
    const byCertificate = await controlPlane.kubectl(whoami, { kubeconfig: controlPlane.clientCertificateKubeconfig })
    expect(byCertificate.stdout).toBe('certificate-admin system:masters')
    const { status } = await controlPlane.request('GET', '/api', { token: 'wrong' })
    expect(status).toBe(401)
  })

  test('gives a service account nothing until somebody grants it something', async () => {
    const kubeconfig = await controlPlane.serviceAccountKubeconfig('default', 'reader')
    const read = ['get', 'configmaps', '--output=name']
    const refused = await controlPlane.kubectl(read, { kubeconfig })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('system:serviceaccount:default:reader')
    await controlPlane.kubectl([
      'create',
      'rolebinding',
      'reader',
      '--clusterrole=view',
      '--serviceaccount=default:reader',
    ])
    const allowed = async (): Promise<string> => (await controlPlane.kubectl(read, { kubeconfig })).stdout
    await expect.poll(allowed, patience).toContain('configmap/kube-root-ca.crt')
  })

  test('accepts a resource definition and enforces its rules', async () => {
    await apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        names: { kind: 'Thing', plural: 'things' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { size: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } },
              },
            },
          },
        ],
      },
    })
    await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/things.example.com'])
    const thing = (size: number): object => ({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'one', namespace: 'default' },
      size,
    })
    await apply(thing(2))
    const shrunk = await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], {
      stdin: JSON.stringify(thing(1)),
    })
    expect(shrunk.code).toBe(1)
    expect(shrunk.stderr).toContain('self >= oldSelf')
  })

  test('binds a claim to a volume that fits', async () => {
    const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'manual' }
    await apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'disk' },
      spec: { ...spec, capacity: { storage: '1Gi' }, hostPath: { path: '/nowhere' } },
    })
    await apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'claim', namespace: 'default' },
      spec: { ...spec, resources: { requests: { storage: '1Gi' } } },
    })
    const phase = async (): Promise<string> =>
      (await controlPlane.kubectl(['get', 'pvc', 'claim', '--output=jsonpath={.status.phase}'])).stdout
    await expect.poll(phase, patience).toBe('Bound')
  })

  test('makes the pods of a stateful set, and collects them with it', async () => {
    await apply(statefulSet('collected'))
    const pod = '/api/v1/namespaces/default/pods/collected-0'
    await expect.poll(() => get(pod), patience).toBe(200)
    await controlPlane.request('DELETE', '/apis/apps/v1/namespaces/default/statefulsets/collected')
    await expect.poll(() => get(pod), patience).toBe(404)
  })

  test('enforces Pod Security where a namespace asks for it', async () => {
    await apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    })
    const pod = await controlPlane.kubectl(['run', 'loose', '--namespace=strict', '--image=example.com/none'])
    expect(pod.stderr).toContain('violates PodSecurity "restricted:latest"')
  })

  test('holds more services than a small address range', async () => {
    const list = Array.from({ length: 300 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `service-${index}`, namespace: 'default' },
      spec: { ports: [{ port: 5432 }] },
    }))
    const replies = await Promise.all(
      list.map((body) => controlPlane.request('POST', '/api/v1/namespaces/default/services', { body })),
    )
    expect(replies.filter(({ status }) => status !== 201)).toEqual([])
  })
})

describe('the audit log', () => {
  test('has an event for every reply by the time the reply is there', async () => {
    const name = 'audited'
    const ofThisTest = async (): Promise<readonly string[]> =>
      (await controlPlane.auditEvents())
        .filter(({ objectRef, user }) => objectRef?.name === name && user.username === 'admin')
        .map((event) => `${event.verb} ${event.responseStatus?.code}${isWrite(event) ? ' write' : ''}`)
    const path = '/api/v1/namespaces/default/configmaps'
    const expected: string[] = []
    for (let round = 0; round < 20; round++) {
      await controlPlane.request('PATCH', `${path}/${name}?fieldManager=test`, {
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { round: String(round) } },
      })
      expected.push(`patch ${round === 0 ? 201 : 200} write`)
      expect(await ofThisTest()).toEqual(expected)
      await controlPlane.request('GET', `${path}/${name}`)
      expected.push('get 200')
      expect(await ofThisTest()).toEqual(expected)
    }
  })

  test('has the body of an apply as it was sent', async () => {
    const body = `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"ordered"},"data":{"z":"1","a":"ü</b>"}}`
    const sent = await controlPlane.request(
      'PATCH',
      '/api/v1/namespaces/default/configmaps/ordered?fieldManager=test',
      {
        body,
      },
    )
    expect(sent.status).toBe(201)
    const event = (await controlPlane.auditEvents()).find(({ objectRef }) => objectRef?.name === 'ordered')
    expect(JSON.stringify(event?.requestObject)).toBe(body)
  })
})

describe('programs that stop and start again', () => {
  test('the API server comes back at the same address with everything it had', async () => {
    const before = await controlPlane.processes()
    await controlPlane.request('POST', '/api/v1/namespaces/default/configmaps', {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } },
    })
    await controlPlane.stopApiServer()
    await expect(controlPlane.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED')
    await controlPlane.startApiServer()
    const after = await controlPlane.processes()
    expect(after['kube-apiserver']).not.toBe(before['kube-apiserver'])
    expect(after['etcd']).toBe(before['etcd'])
    expect(await get('/api/v1/namespaces/default/configmaps/kept')).toBe(200)
    expect(after['kube-controller-manager']).toBe(before['kube-controller-manager'])
    await apply(statefulSet('afterwards'))
    await expect.poll(() => get('/api/v1/namespaces/default/pods/afterwards-0'), patience).toBe(200)
  })

  test('without the controller manager nothing is reconciled, and with it everything is', async () => {
    await controlPlane.stopControllerManager()
    await apply(statefulSet('waiting'))
    await sleep(1000)
    expect(await get('/api/v1/namespaces/default/pods/waiting-0')).toBe(404)
    await controlPlane.startControllerManager()
    await expect.poll(() => get('/api/v1/namespaces/default/pods/waiting-0'), patience).toBe(200)
  })
})

describe('several control planes', () => {
  test('run side by side and know nothing of each other', async () => {
    const second = await startControlPlane()
    const all = [controlPlane, second]
    try {
      expect(new Set(all.map(({ server }) => server)).size).toBe(2)
      expect(new Set(all.map(({ directory }) => directory)).size).toBe(2)
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'only-here' } }, second)
      const found = await Promise.all(
        all.map(async (each) => (await each.request('GET', '/api/v1/namespaces/only-here')).status),
      )
      expect(found).toEqual([404, 200])
      await expect(second.auditEvents()).rejects.toThrow('without an audit log')
    } finally {
      await second.stop()
    }
    expect(existsSync(second.directory)).toBe(false)
    expect(await get('/readyz')).toBe(200)
    await second.stop()
  })
})
