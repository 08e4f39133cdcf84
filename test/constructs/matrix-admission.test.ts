/** What a real API server says to every combination of `matrix.ts`, and to what is wrong in one. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import { podSecurityViolations } from '../../src/testing/pod-security.ts'
import { dryRun, inParallel } from '../cluster/dry-run.ts'
import type { Verdict } from '../cluster/dry-run.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { installDefinition } from '../e2e/database.ts'
import { manifestsOf } from './manifests-of.ts'
import { COMBINATIONS, ONE_OF_EACH_KIND } from './matrix.ts'
import type { Combination } from './matrix.ts'
import { withField } from './with-field.ts'

const controlPlane = await useControlPlane()
const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'] as const)
const namespace = await createNamespace(controlPlane, 'matrix', { labels: Object.fromEntries(levels) })
beforeAll(() => installDefinition(controlPlane))

/** Everything that comes of a combination: its manifests, children that a controller would make, and their pods. */
function objectsOf({ props }: Combination): KubernetesObject[] {
  const [database, ...others] = manifestsOf('orders', props)
  const children = props.children === 'reconciled' ? childrenOf(props) : []
  const objects = [...(database === undefined ? [] : [database]), ...others, ...children]
  return objects.flatMap((object) => [object, ...podsOf(object)])
}

/** Whoever reconciles makes the same children. */
const childrenOf = (props: Combination['props']): KubernetesObject[] =>
  manifestsOf('orders', { ...props, children: 'rendered' }).filter(({ kind }) => kind !== 'Database')

interface PodTemplate {
  readonly metadata?: object
  readonly spec: { readonly volumes?: readonly object[] }
}

/** The pods of an object; claims and service account exist only where they were really made. */
function podsOf(object: KubernetesObject): KubernetesObject[] {
  const spec = object['spec'] as {
    readonly template?: PodTemplate
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
    readonly jobTemplate?: { readonly spec: { readonly template: PodTemplate } }
  }
  const template = spec?.template ?? spec?.jobTemplate?.spec.template
  if (template === undefined) return []
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }) => ({ name, emptyDir: {} }))
  const volumes = [...(template.spec.volumes ?? []), ...claims]
  const pod = { ...template.spec, volumes, serviceAccountName: 'default' }
  return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: 'pod' }, spec: pod }]
}

const all = new Map(COMBINATIONS.map((combination) => [combination.name, objectsOf(combination)]))

/** The same object of several combinations is asked about once. */
async function judge(objects: readonly KubernetesObject[]): Promise<ReadonlyMap<string, Verdict>> {
  const distinct = new Map(objects.map((object) => [JSON.stringify(object), object]))
  const verdicts = await inParallel([...distinct], 4, async ([key, object]) => {
    return [key, await dryRun(controlPlane, namespace, object)] as const
  })
  return new Map(verdicts)
}

describe('the API server accepts, under enforced restricted Pod Security and without a warning,', () => {
  let verdicts: ReadonlyMap<string, Verdict> = new Map()
  beforeAll(async () => {
    verdicts = await judge([...all.values()].flat())
  })

  test.each(COMBINATIONS)('every object of $name, the Database too', ({ name, props }) => {
    const objects = all.get(name) ?? []
    const kinds = objects.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['Database', 'StatefulSet', 'Pod', 'Service', 'NetworkPolicy']))
    expect(kinds.includes('CronJob')).toBe(props.backup !== undefined)
    const found = objects.map((object) => ({ kind: object.kind, ...verdicts.get(JSON.stringify(object)) }))
    expect(found.filter(({ status, warnings }) => status !== 201 || warnings !== '')).toEqual([])
    expect(podSecurityViolations(objects)).toEqual([])
  })
})

const TEMPLATE = 'spec.template.spec'
const JOB = 'spec.jobTemplate.spec.template.spec'
const CONTAINER = 'spec.containers[0]'
const UNPRIVILEGED = 'violates PodSecurity "restricted:latest"'

/** A field of a kind, what it is set to, and what the server says to that. */
type Mutation = readonly [kind: string, field: string, value: unknown, status: number, words: string]

const MUTATIONS: readonly Mutation[] = [
  ['Database', 'spec.image', 'postgres:latest', 422, 'image must not be tagged latest'],
  ['Database', 'spec.image', 'postgres:13', 422, 'image is of a PostgreSQL major that is not supported'],
  ['Database', 'spec.replicas', 0, 422, 'spec.replicas'],
  ['Database', 'spec.databaseName', undefined, 422, 'spec.databaseName'],
  ['Database', 'spec.username', 'postgres', 422, 'username'],
  ['Database', 'spec.storage.size', '10GB', 422, 'storage.size'],
  ['Database', 'spec.parameters', { listen_addresses: '*' }, 422, 'parameters'],
  ['Database', 'spec.tls', {}, 422, 'spec.tls.secretName'],
  ['Database', 'spec.backup', { schedule: 'at night', storage: { size: '1Gi' } }, 422, 'backup.schedule'],
  ['Database', 'spec.replica', 3, 500, 'field not declared in schema'],
  ['Database', 'metadata.name', 'a'.repeat(41), 422, 'metadata.name must be at most 40 characters'],

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
  ['PodDisruptionBudget', 'spec.minAvailable', 1, 422, 'minAvailable and maxUnavailable cannot be both set'],
  ['PersistentVolumeClaim', 'spec.accessModes', [], 422, 'at least 1 access mode is required'],
  ['PersistentVolumeClaim', 'spec.resources.requests.storage', '0', 422, 'must be greater than zero'],
  ['CronJob', 'spec.schedule', 'at night', 422, 'spec.schedule'],
  ['CronJob', 'spec.concurrencyPolicy', 'Sideways', 422, 'spec.concurrencyPolicy'],
  ['CronJob', `${JOB}.restartPolicy`, 'Always', 422, 'restartPolicy'],

  ['Pod', 'spec.securityContext.runAsNonRoot', false, 403, 'runAsNonRoot != true'],
  ['Pod', 'spec.securityContext.seccompProfile.type', 'Unconfined', 403, 'seccompProfile'],
  ['Pod', 'spec.hostNetwork', true, 403, UNPRIVILEGED],
  ['Pod', `${CONTAINER}.securityContext`, undefined, 403, 'unrestricted capabilities'],
  ['Pod', `${CONTAINER}.securityContext.capabilities.add`, ['SYS_ADMIN'], 403, 'unrestricted capabilities'],
  ['Pod', `${CONTAINER}.securityContext.allowPrivilegeEscalation`, true, 403, 'allowPrivilegeEscalation != false'],
]

describe('the API server refuses', () => {
  test.each(MUTATIONS)('a %s with %s = %j', async (kind, field, value, status, words) => {
    const mutated = ONE_OF_EACH_KIND.flatMap(({ name }) => all.get(name) ?? [])
      .filter((object) => object.kind === kind)
      .map((object) => withField(object, field, value))
    expect(mutated).not.toEqual([])
    for (const verdict of (await judge(mutated)).values()) {
      expect(verdict.message).toContain(words)
      expect(verdict.status).toBe(status)
    }
    if (kind !== 'Database') return
    for (const object of mutated) expect(validateDatabase(object).ok).toBe(false)
  })

  test('something of every kind that a combination has', () => {
    const kinds = new Set([...all.values()].flat().map(({ kind }) => kind))
    expect([...kinds].filter((kind) => !MUTATIONS.some(([mutated]) => mutated === kind))).toEqual([])
  })
})
