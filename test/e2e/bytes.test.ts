/** What stands in dist is what arrives, byte for byte, as the API server recorded it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { startFaultProxy } from '../faults/proxy.ts'
import type { SeenRequest } from '../faults/proxy.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli, PROJECT } from './command.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Record<string, unknown> & { readonly name: string; readonly namespace?: string }
  readonly data?: Record<string, string>
}

const cluster = await useCluster()
const directory = mkdtempSync(join(tmpdir(), 'bytes-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Objects that client libraries are known to damage on the way. */
function fragileObjects(namespace: string): Manifest[] {
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'with-from', namespace },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ podSelector: { matchLabels: { role: 'client' } } }], ports: [{ port: 5432, protocol: 'TCP' }] },
        ],
      },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'Reader-Of:Things', namespace },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'text', namespace, annotations: { 'example.com/note': 'emoji 🐘, quotes " and \\, ünïcode' } },
      data: { 'a.conf': 'line one\nline two\n\ttab\n', empty: '' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'newer-field', namespace },
      // `ordinals` and `maxUnavailable` are newer than the models that are generated for Kubernetes 1.28.
      spec: {
        replicas: 0,
        ordinals: { start: 3 },
        serviceName: 'none',
        selector: { matchLabels: { app: 'newer' } },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        template: {
          metadata: { labels: { app: 'newer' } },
          spec: {
            containers: [
              {
                name: 'c',
                image: 'postgres:14',
                resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
              },
            ],
          },
        },
      },
    },
  ] as unknown as Manifest[]
}

function manifestsOf(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' }).map(
    (document) => document.toJS() as Manifest,
  )
}

/** Bodies that were sent to be stored, each once; the program's own status writes and reviews left out. */
function storedBodies(requests: readonly SeenRequest[]): Manifest[] {
  return requests
    .filter(
      ({ method, url }) =>
        ['POST', 'PATCH'].includes(method) &&
        !url.includes('dryRun=All') &&
        !url.includes('/status?') &&
        !url.includes('selfsubjectaccessreviews'),
    )
    .map(({ body }) => JSON.parse(body.toString('utf8')) as Manifest)
}

const keyOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`

/** The object as it stands in the manifest: without the owner, which only exists at run time. */
function withoutOwner(object: Manifest): Manifest {
  const { ownerReferences: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

describe('what the API server receives', () => {
  test('equals what stands in dist, for every kind, and the objects that libraries damage', async () => {
    const namespace = await createNamespace(cluster, 'bytes')
    const dist = join(PROJECT, 'dist')
    const rendered = readdirSync(dist).flatMap((file) => manifestsOf(join(dist, file)))
    const manifests = rendered
      .filter(({ kind }) => kind !== 'Namespace')
      .map(
        (object) =>
          JSON.parse(JSON.stringify(object).replaceAll('"namespace":"shop"', `"namespace":"${namespace}"`)) as Manifest,
      )
    manifests.push(...fragileObjects(namespace))
    const file = join(directory, 'all.yaml')
    writeFileSync(file, manifests.map((object) => JSON.stringify(object)).join('\n---\n'))

    const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority)
    try {
      const kubeconfig = join(directory, 'kubeconfig')
      await proxy.writeKubeconfig(cluster.kubeconfig, kubeconfig)
      const { code, stderr } = await cli(['apply', '-f', file, '--timeout', '90s'], { kubeconfig })
      expect(code, stderr).toBe(0)
      const bodies = storedBodies(proxy.requests)
      // The definition may be there already, from another test file: then it is not sent again.
      const sent = new Map(bodies.map((body) => [keyOf(body), body]))
      const expected = manifests.filter(
        (object) => object.kind !== 'CustomResourceDefinition' || sent.has(keyOf(object)),
      )
      expect([...sent.keys()].toSorted()).toEqual(expected.map(keyOf).toSorted())
      for (const object of expected) {
        const body = sent.get(keyOf(object))
        if (body === undefined) throw new Error(`${keyOf(object)} was not sent`)
        if (object.kind === 'Secret') {
          // The password and the keys made from it are added to the one request that creates the Secret, and only there.
          const added = Object.keys(body.data ?? {}).filter((key) => !(key in (object.data ?? {})))
          expect(added.toSorted()).toEqual(['jdbc-uri', 'password', 'pgpass', 'uri'])
          expect(
            JSON.stringify({
              ...body,
              data: Object.fromEntries(Object.entries(body.data ?? {}).filter(([key]) => !added.includes(key))),
            }),
          ).toBe(JSON.stringify(object))
        } else {
          expect(JSON.stringify(withoutOwner(body))).toBe(JSON.stringify(object))
        }
      }
    } finally {
      await proxy.close()
    }
  })

  test('equals what the audit log of the API server recorded, and what is stored still holds it', async () => {
    const namespace = await createNamespace(cluster, 'bytes-audit')
    const objects = fragileObjects(namespace)
    const { code, stderr } = await cli(['apply', '-f', '-'], {
      kubeconfig: cluster.kubeconfig,
      stdin: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    })
    expect(code, stderr).toBe(0)
    const events = await cluster.auditEvents()
    for (const object of objects) {
      const patch = events.findLast(
        (event) =>
          event.verb === 'patch' &&
          !event.requestURI.includes('dryRun') &&
          event.objectRef?.namespace === namespace &&
          event.objectRef.name === object.metadata.name,
      )
      expect(JSON.stringify(patch?.requestObject)).toBe(JSON.stringify(object))
      const { stdout } = await cluster.kubectl([
        '-n',
        namespace,
        'get',
        object.kind,
        object.metadata.name,
        '-o',
        'json',
      ])
      expect(JSON.parse(stdout)).toMatchObject(
        JSON.parse(JSON.stringify({ ...object, metadata: { name: object.metadata.name } })) as object,
      )
    }
  })

  test('is refused where a manifest holds a field that the server does not know', async () => {
    const namespace = await createNamespace(cluster, 'bytes-typo')
    const typo = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'typo', namespace }, dta: {} }
    const { code, stderr } = await cli(['apply', '-f', '-'], {
      kubeconfig: cluster.kubeconfig,
      stdin: JSON.stringify(typo),
    })
    expect(stderr).toContain('dta')
    expect(stderr).toMatch(/^error: .+\n {3}at: -:1\n {2}try: .+\n$/m)
    expect(code).toBe(2)
  })
})
