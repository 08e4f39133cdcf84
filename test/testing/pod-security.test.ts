import { beforeAll, describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { podSecurityViolations } from '../../src/testing/pod-security.ts'
import { dryRun, inParallel } from '../cluster/dry-run.ts'
import type { Verdict } from '../cluster/dry-run.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { GOOD_POD, POD_CASES } from './pods.ts'

const controlPlane = await useControlPlane()
const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'] as const)
const namespace = await createNamespace(controlPlane, 'pod-security', { labels: Object.fromEntries(levels) })

const verdicts = new Map<string, Verdict>()
beforeAll(async () => {
  const judged = await inParallel(POD_CASES, 8, ({ pod }) => dryRun(controlPlane, namespace, pod))
  for (const [index, verdict] of judged.entries()) verdicts.set(POD_CASES[index]?.title ?? '', verdict)
})

describe('the matcher and the API server agree about a pod with', () => {
  test.each(POD_CASES)('$title', ({ title, pod, isAllowed, path }) => {
    const { status, message } = verdicts.get(title) ?? { status: 0, message: 'not asked' }
    // Anything else than these two would be a pod that the server does not even understand.
    expect(status, message).toBe(isAllowed ? 201 : 403)
    if (!isAllowed) expect(message).toContain('violates PodSecurity "restricted:latest"')
    const found = podSecurityViolations([pod])
    if (path === undefined) expect(found).toEqual([])
    else {
      expect(found.map((violation) => violation.path)).toContain(path)
      expect(found[0]?.object).toBe('Pod shop/pod')
    }
  })
})

const [bad] = POD_CASES.filter(({ title }) => title === 'a privileged container').map(
  ({ pod }) => pod as unknown as typeof GOOD_POD,
)
const jobOf = (pod: object): object => ({ template: { spec: { ...pod, restartPolicy: 'Never' } } })
const deploymentOf = (pod: object): object => ({
  selector: { matchLabels: { app: 'a' } },
  template: { metadata: { labels: { app: 'a' } }, spec: pod },
})
const workload = (apiVersion: string, kind: string, spec: object): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'workload' },
  spec,
})

const WORKLOADS: readonly (readonly [string, (pod: object) => KubernetesObject, string])[] = [
  ['Job', (pod) => workload('batch/v1', 'Job', jobOf(pod)), 'spec.template'],
  [
    'CronJob',
    (pod) => workload('batch/v1', 'CronJob', { schedule: '0 3 * * *', jobTemplate: { spec: jobOf(pod) } }),
    'spec.jobTemplate.spec.template',
  ],
  ['Deployment', (pod) => workload('apps/v1', 'Deployment', deploymentOf(pod)), 'spec.template'],
  [
    'StatefulSet',
    (pod) => workload('apps/v1', 'StatefulSet', { ...deploymentOf(pod), serviceName: 'a' }),
    'spec.template',
  ],
]

describe('the template of a', () => {
  test.each(WORKLOADS)('%s is judged as the server warns of it', async (_kind, workloadOf, place) => {
    const warned = await dryRun(controlPlane, namespace, workloadOf(bad?.spec ?? {}))
    expect(warned).toMatchObject({ status: 201, warnings: expect.stringContaining('would violate PodSecurity') })
    expect(podSecurityViolations([workloadOf(bad?.spec ?? {})]).map(({ path }) => path)).toContain(
      `${place}.spec.containers[name=beside].securityContext.privileged`,
    )
    expect(await dryRun(controlPlane, namespace, workloadOf(GOOD_POD.spec))).toMatchObject({
      status: 201,
      warnings: '',
    })
    expect(podSecurityViolations([workloadOf(GOOD_POD.spec)])).toEqual([])
  })

  test('kind that nobody here knows is judged too', () => {
    const rollout = workload('argoproj.io/v1alpha1', 'Rollout', deploymentOf(bad?.spec ?? {}))
    expect(podSecurityViolations([rollout]).map(({ object }) => object)).toContain('Rollout workload')
  })
})

test('a container that is put into a running pod is judged as the server judges it', async () => {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const created = await controlPlane.request('POST', path, {
    body: { ...GOOD_POD, metadata: { name: 'running' } },
  })
  expect(created.status).toBe(201)
  const good = { ...GOOD_POD.spec.containers[0], name: 'debug', terminationMessagePolicy: 'File' }
  for (const [debug, isAllowed] of [
    [good, true],
    [{ ...good, securityContext: {} }, false],
  ] as const) {
    const { status } = await controlPlane.request('PATCH', `${path}/running/ephemeralcontainers?dryRun=All`, {
      body: { spec: { ephemeralContainers: [debug] } },
      contentType: 'application/strategic-merge-patch+json',
    })
    expect(status).toBe(isAllowed ? 200 : 403)
    const pod = { ...GOOD_POD, spec: { ...GOOD_POD.spec, ephemeralContainers: [debug] } }
    expect(podSecurityViolations([pod as unknown as KubernetesObject]).length > 0).toBe(!isAllowed)
  }
})
