import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { manifest, manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'admission', {
  labels: {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  },
})

const RESOURCES: Readonly<Record<string, string>> = {
  ServiceAccount: 'api/v1/serviceaccounts',
  Secret: 'api/v1/secrets',
  ConfigMap: 'api/v1/configmaps',
  Service: 'api/v1/services',
  Pod: 'api/v1/pods',
  Role: 'apis/rbac.authorization.k8s.io/v1/roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1/rolebindings',
  NetworkPolicy: 'apis/networking.k8s.io/v1/networkpolicies',
  StatefulSet: 'apis/apps/v1/statefulsets',
}

// The server refuses pods of a class that does not exist; `placed` names this one.
const priorityClasses = '/apis/scheduling.k8s.io/v1/priorityclasses'
const priorityClass = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'databases' },
  value: 1000,
}
beforeAll(() => controlPlane.request('POST', priorityClasses, { body: priorityClass }))
afterAll(() => controlPlane.request('DELETE', `${priorityClasses}/${priorityClass.metadata.name}`))

interface Judgement {
  readonly status: number | undefined
  readonly warnings: string
  readonly message: string
}

/** Applies an object in a dry run. The headers matter here: warnings stand in them. */
function judge(object: KubernetesObject, path: string): Promise<Judgement> {
  const body = JSON.stringify(object)
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(`${path}?dryRun=All&fieldManager=test&fieldValidation=Strict`, controlPlane.server),
      {
        method: 'PATCH',
        ca: controlPlane.certificateAuthority,
        agent: false,
        headers: {
          Authorization: `Bearer ${controlPlane.adminToken}`,
          'Content-Type': 'application/apply-patch+yaml',
          'Content-Length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let message = ''
        response.setEncoding('utf8').on('data', (text: string) => {
          message += text
        })
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode, warnings: response.headers['warning'] ?? '', message })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function judgeIn(object: KubernetesObject): Promise<Judgement> {
  const [group = '', version = '', resource = '', more] = (RESOURCES[object.kind] ?? '').split('/')
  const [prefix, plural] =
    more === undefined ? [`${group}/${version}`, resource] : [`${group}/${version}/${resource}`, more]
  const moved = { ...object, metadata: { ...object.metadata, namespace } }
  return judge(moved, `/${prefix}/namespaces/${namespace}/${plural}/${object.metadata.name}`)
}

/** The pod that the StatefulSet would make, without a claim that does not exist. */
function barePod(statefulSet: KubernetesObject): KubernetesObject {
  const { template, volumeClaimTemplates } = statefulSet['spec'] as {
    template: { metadata: object; spec: { volumes: object[] } }
    volumeClaimTemplates: { metadata: { name: string } }[]
  }
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, emptyDir: {} }))
  const volumes = [...template.spec.volumes, ...claims]
  // The service account of the template exists only where it was really applied.
  const spec = { ...template.spec, volumes, serviceAccountName: 'default' }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'bare' }, spec }
}

describe('the API server accepts without a warning, under restricted Pod Security', () => {
  test.each(Object.entries(SCENARIOS))('every child of %s', async (name, props) => {
    for (const object of manifestsOf(name, { ...props, children: 'rendered' })) {
      // Nobody serves the kinds of the External Secrets Operator here.
      if (object.kind === 'Database' || object.apiVersion.includes('external-secrets.io/')) continue
      const { status, warnings, message } = await judgeIn(object)
      expect({ kind: object.kind, status, warnings }, message).toEqual({ kind: object.kind, status: 201, warnings: '' })
    }
  })

  test.each(Object.entries(SCENARIOS))('the pod of %s', async (name, props) => {
    const manifests = manifestsOf(name, { ...props, children: 'rendered' })
    const { status, warnings, message } = await judgeIn(barePod(manifest(manifests, 'StatefulSet')))
    expect({ status, warnings }, message).toEqual({ status: 201, warnings: '' })
  })

  test('which refuses that pod as soon as one of its containers may be root', async () => {
    const pod = barePod(
      manifest(manifestsOf('orders', SCENARIOS['orders'] as (typeof SCENARIOS)[string]), 'StatefulSet'),
    )
    const { containers } = pod['spec'] as { containers: object[] }
    const spec = {
      ...(pod['spec'] as object),
      containers: containers.map((container) => ({ ...container, securityContext: {} })),
    }
    const { status, message } = await judgeIn({ ...pod, spec })
    expect(status).toBe(403)
    expect(message).toContain('violates PodSecurity')
  })

  test('the CustomResourceDefinition', async () => {
    const definition = databaseCrd()
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const { status, warnings, message } = await judge(definition, `${path}/${definition.metadata.name}`)
    expect([200, 201], message).toContain(status)
    expect(warnings).toBe('')
  })
})
