import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseCrd } from '../../src/api/crd.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { dryRun } from '../cluster/dry-run.ts'
import type { Verdict } from '../cluster/dry-run.ts'
import { installForeignDefinitions } from '../cluster/foreign-definitions.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { isForOthers, manifest, manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

const controlPlane = await useControlPlane()
const namespace = await createNamespace(controlPlane, 'admission', {
  labels: {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/warn': 'restricted',
  },
})

// The server refuses pods of a class that does not exist; `placed` names this one.
const priorityClasses = '/apis/scheduling.k8s.io/v1/priorityclasses'
const priorityClass = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'databases' },
  value: 1000,
}
beforeAll(() => installForeignDefinitions(controlPlane, ['podmonitors', 'prometheusrules']))
beforeAll(() => controlPlane.request('POST', priorityClasses, { body: priorityClass }))
afterAll(() => controlPlane.request('DELETE', `${priorityClasses}/${priorityClass.metadata.name}`))

const judgeIn = (object: KubernetesObject): Promise<Verdict> => dryRun(controlPlane, namespace, object)

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
      if (object.kind === 'Database' || isForOthers(object)) continue
      const { status, warnings, message } = await judgeIn(object)
      expect({ kind: object.kind, status, warnings }, message).toEqual({ kind: object.kind, status: 201, warnings: '' })
    }
  })

  test.each(Object.entries(SCENARIOS))('the pod of %s', async (name, props) => {
    const manifests = manifestsOf(name, { ...props, children: 'rendered' })
    for (const statefulSet of manifests.filter(({ kind }) => kind === 'StatefulSet')) {
      const { status, warnings, message } = await judgeIn(barePod(statefulSet))
      expect({ status, warnings }, message).toEqual({ status: 201, warnings: '' })
    }
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
    const { status, body, warnings } = await controlPlane.request(
      'PATCH',
      `${path}/${definition.metadata.name}?dryRun=All&fieldManager=test&fieldValidation=Strict`,
      { body: definition },
    )
    expect([200, 201], JSON.stringify(body)).toContain(status)
    expect(warnings).toBeUndefined()
  })
})
