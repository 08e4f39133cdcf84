/**
 * Every combination of what a database can be made of. Manifests are reviewed as files: those of one image whole, the others as lines
 * that differ from them (`matrix/golden`; `npx vitest run test/constructs/matrix.test.ts -u` writes them).
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { beforeAll, describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { goldenText } from '../../src/testing/golden.ts'
import { podSecurityViolations } from '../../src/testing/pod-security.ts'
import { dryRun, inParallel } from '../cluster/dry-run.ts'
import type { Verdict } from '../cluster/dry-run.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { manifestsOf } from './manifests-of.ts'
import { COMBINATIONS, isOfKind, WHOLE } from './matrix.ts'
import { withField } from './with-field.ts'

const manifests = new Map(COMBINATIONS.map(({ name, props }) => [name, manifestsOf('orders', props)]))
const textOf = (name: string): string => goldenText(manifests.get(name) ?? [])

describe('the manifests of', () => {
  test.each(WHOLE)('%s are what was reviewed', async (name) => {
    await expect(textOf(name)).toMatchFileSnapshot(`matrix/golden/${name}.yaml`)
  })

  test.each(COMBINATIONS.filter(({ name }) => !WHOLE.includes(name)))(
    '$name differ from those as was reviewed',
    async ({ name }) => {
      const whole = WHOLE.find((one) => isOfKind(name, one)) ?? ''
      const patch = createTwoFilesPatch(whole, name, textOf(whole), textOf(name), '', '', { context: 1 })
      await expect(patch).toMatchFileSnapshot(`matrix/golden/${name}.diff`)
    },
  )
})

test('no reviewed file is left of a combination that is gone', () => {
  const files = readdirSync(join(import.meta.dirname, 'matrix', 'golden')).map((file) => file.replace(/\.\w+$/, ''))
  expect(files.toSorted()).toEqual(COMBINATIONS.map(({ name }) => name).toSorted())
})

const controlPlane = await useControlPlane()
const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'] as const)
const namespace = await createNamespace(controlPlane, 'matrix', { labels: Object.fromEntries(levels) })

/** What the server says to an object and, of a StatefulSet, to the pod that it would make. */
async function judged(object: KubernetesObject): Promise<(Verdict & { readonly kind: string })[]> {
  const verdict = { kind: object.kind, ...(await dryRun(controlPlane, namespace, object)) }
  if (object.kind !== 'StatefulSet') return [verdict]
  return [verdict, { kind: 'Pod', ...(await dryRun(controlPlane, namespace, podOf(object))) }]
}

/** The pod of a template; claims and service account exist only where they were really made. */
function podOf(statefulSet: KubernetesObject): KubernetesObject {
  const { template, volumeClaimTemplates } = statefulSet['spec'] as {
    template: { metadata: object; spec: { volumes: object[] } }
    volumeClaimTemplates: { metadata: { name: string } }[]
  }
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, emptyDir: {} }))
  const spec = { ...template.spec, volumes: [...template.spec.volumes, ...claims], serviceAccountName: 'default' }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'pod' }, spec }
}

describe('the API server accepts, under enforced restricted Pod Security and without a warning,', () => {
  const verdicts = new Map<string, readonly (Verdict & { readonly kind: string })[]>()
  beforeAll(async () => {
    const all = await inParallel(COMBINATIONS, 4, async ({ name, props }) => {
      // Whoever reconciles makes the same children.
      const objects = manifestsOf('orders', { ...props, children: 'rendered' }).filter(
        ({ kind }) => kind !== 'Database',
      )
      return { name, verdicts: (await inParallel(objects, 3, judged)).flat() }
    })
    for (const one of all) verdicts.set(one.name, one.verdicts)
  })

  test.each(COMBINATIONS)('every object of $name', ({ name }) => {
    const found = verdicts.get(name) ?? []
    expect(found.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['StatefulSet', 'Pod', 'Secret', 'Service']))
    expect(found.filter(({ status, warnings }) => status !== 201 || warnings !== '')).toEqual([])
    expect(podSecurityViolations(manifests.get(name) ?? [])).toEqual([])
  })
})

const TEMPLATE = 'spec.template.spec'

describe('the API server refuses', () => {
  const objects = manifests.get('18-debian-rendered-1-plain') ?? []
  const first = (kind: string): KubernetesObject => {
    const found = objects.find((object) => object.kind === kind)
    if (found === undefined) throw new Error(`no ${kind}`)
    return found
  }

  test.each<[string, string, unknown, number, string]>([
    ['StatefulSet', 'spec.replicas', -1, 422, 'must be greater than or equal to 0'],
    ['StatefulSet', 'spec.selector.matchLabels.team', 'shop', 422, '`selector` does not match template `labels`'],
    ['StatefulSet', `${TEMPLATE}.containers[0].image`, '', 422, 'image: Required value'],
    [
      'StatefulSet',
      `${TEMPLATE}.containers[0].resources.requests.cpu`,
      '4',
      422,
      'must be less than or equal to cpu limit',
    ],
    ['StatefulSet', `${TEMPLATE}.containers[0].livenesProbe`, {}, 500, 'field not declared in schema'],
    ['StatefulSet', 'spec.podManagementPolicy', 'Sideways', 422, 'spec.podManagementPolicy'],
    ['Service', 'spec.ports[0].port', 70_000, 422, 'must be between 1 and 65535'],
    ['Service', 'spec.clusterIP', 'nowhere', 422, 'spec.clusterIP'],
    ['ConfigMap', 'data["a b"]', 'text', 422, 'a valid config key must consist of'],
    ['Secret', 'data.password', 'not base64!', 500, 'illegal base64'],
    ['NetworkPolicy', 'spec.policyTypes', ['Sideways'], 422, 'spec.policyTypes'],
    ['ServiceAccount', 'metadata.name', 'No_Name', 422, 'a lowercase RFC 1123 subdomain'],
    ['Role', 'rules', [{ apiGroups: [''], resources: ['pods'] }], 422, 'verbs must contain at least one value'],
    ['RoleBinding', 'roleRef.kind', 'Sideways', 422, 'roleRef.kind'],
  ])('a %s with %s = %j', async (kind, field, value, status, words) => {
    const found = await dryRun(controlPlane, namespace, withField(first(kind), field, value))
    expect(found.message).toContain(words)
    expect(found.status).toBe(status)
  })

  test('a pod that may be root', async () => {
    const pod = withField(podOf(first('StatefulSet')), 'spec.securityContext.runAsNonRoot', false)
    expect(await dryRun(controlPlane, namespace, pod)).toMatchObject({
      status: 403,
      message: expect.stringContaining('runAsNonRoot != true'),
    })
  })
})
