/** Defects of published implementations in what is written and accepted: see `list.test.ts`. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KIND, API_VERSION } from '../../src/api/group.ts'
import type { Database } from '../../src/api/database.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import { expandDatabase } from '../../src/manifests/expansion.ts'
import { differences } from '../../src/plan/difference.ts'
import { impactOf, worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import { immutableFieldsIn } from '../../src/plan/immutable.ts'
import { manifest, manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { VALID_SPEC } from '../api/specs.ts'
import { ORDERS, SPEC_CHANGES } from '../plan/impact-cases.ts'

describe('the size of a volume', () => {
  const SUFFIXES: Readonly<Record<string, bigint>> = {
    m: 1n,
    '': 1000n,
    ...Object.fromEntries(['k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [suffix, 1000n ** BigInt(index + 2)])),
    ...Object.fromEntries(
      ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 1000n * 1024n ** BigInt(index + 1)]),
    ),
    e3: 1000n ** 2n,
    E9: 1000n ** 4n,
  }
  /** An amount with a fraction, and how many thousandths of a byte that is. */
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 9 }), fc.constantFrom(...Object.keys(SUFFIXES)))
    .map(([amount, tenths, suffix]) => ({
      text: `${amount}.${tenths}${suffix}`,
      // Nothing is counted below a billionth: a tenth of a thousandth is.
      amount: BigInt(amount * 10 + tenths) * (SUFFIXES[suffix] ?? 0n),
    }))
  const impact = (before: string, after: string): string | undefined =>
    impactOf({ apiVersion: API_VERSION, kind: KIND }, { path: 'spec.storage.size', before, after })?.impact

  test('C13: shrinks and grows by its amount, with every suffix', () => {
    for (const [before, after, expected] of [
      ['1Ti', '512Gi', 'refused'],
      ['2Gi', '1536Mi', 'refused'],
      ['1Gi', '512Mi', 'refused'],
      ['1Gi', '1T', 'resize-online'],
      ['512Mi', '1Ti', 'resize-online'],
      ['1Gi', '1024Mi', 'none'],
    ] as const)
      expect([before, after, impact(before, after)]).toEqual([before, after, expected])
    fc.assert(
      fc.property(sizes, sizes, (before, after) => {
        const expected =
          after.amount < before.amount ? 'refused' : after.amount > before.amount ? 'resize-online' : 'none'
        expect(impact(before.text, after.text)).toBe(expected)
      }),
    )
  })
})

describe('an image', () => {
  const isAccepted = (image: string): boolean => {
    const object = { apiVersion: API_VERSION, kind: KIND, metadata: { name: 'orders' }, spec: { ...VALID_SPEC, image } }
    return validateDatabase(object).ok
  }

  test('C14: is judged by what its tag says, not by a word in its name', () => {
    expect(isAccepted('registry.example/pg:16')).toBe(true)
    expect(isAccepted('registry.example:5000/databases/sql:17.6-trixie')).toBe(true)
    expect(isAccepted('postgres-exporter:v0.15.0')).toBe(false)
    expect(isAccepted('prometheuscommunity/postgres-exporter:0.15.0')).toBe(false)
    expect(isAccepted('postgres')).toBe(false)
  })
})

describe('the StatefulSet', () => {
  const databaseOf = (change: Partial<DatabaseSpecInput>): KubernetesObject => ({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { replicas: 1, deletionPolicy: 'Retain', ...ORDERS, ...change },
  })
  const impactBetween = (before: KubernetesObject, after: KubernetesObject): Impact | undefined =>
    worstImpact(differences(before, after).map((change) => impactOf(after, change, { before, after })?.impact))
  const statefulSetsOf = (database: KubernetesObject): KubernetesObject[] =>
    expandDatabase(database as unknown as Database).filter(({ kind }) => kind === 'StatefulSet')

  // What is refused never gets there; a volume that grows has a way of its own.
  const applied = SPEC_CHANGES.map((change) => ({
    title: `${change.field}: ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}`,
    before: databaseOf(change.before),
    after: databaseOf(change.after),
  })).filter(({ before, after }) => !['refused', 'resize-online'].includes(impactBetween(before, after) ?? ''))

  test.each(applied)('C15: keeps every field that is immutable with $title', ({ before, after }) => {
    const wanted = statefulSetsOf(after)
    for (const live of statefulSetsOf(before)) {
      const next = wanted.find(({ metadata }) => metadata.name === live.metadata.name)
      if (next === undefined) continue
      const immutable = immutableFieldsIn(next, live).map((names) => names.at(-1) ?? '')
      expect(immutable).toEqual(
        expect.arrayContaining(['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates']),
      )
      const of = (object: KubernetesObject): unknown =>
        immutable.map((field) => (object['spec'] as Record<string, unknown>)[field])
      expect(of(next)).toEqual(of(live))
    }
  })

  interface Container {
    readonly name: string
    readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean }
    readonly resources?: { readonly requests?: object; readonly limits?: object }
    readonly startupProbe?: object
    readonly livenessProbe?: object
    readonly readinessProbe?: object
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  }
  interface PodSpec {
    readonly terminationGracePeriodSeconds?: number
    readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly fsGroup?: number }
    readonly initContainers: readonly Container[]
    readonly containers: readonly Container[]
    readonly volumes: readonly {
      readonly name: string
      readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
    }[]
  }

  test.each(Object.entries(SCENARIOS).filter(([, { children }]) => children !== 'reconciled'))(
    'C18: of %s has probes, a security context, resources, time to end and shared memory',
    (name, props) => {
      const manifests = manifestsOf(name, { ...props, children: 'rendered' })
      const statefulSets = manifests.filter(({ kind }) => kind === 'StatefulSet')
      expect(statefulSets).toHaveLength((props.replicas ?? 1) > 1 ? 2 : 1)
      for (const statefulSet of statefulSets) {
        const spec = statefulSet['spec'] as {
          readonly serviceName: string
          readonly template: { readonly spec: PodSpec }
        }
        const pod = spec.template.spec
        expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(300)
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, fsGroup: expect.any(Number) })
        const server = pod.containers.find((container) => container.name === 'postgres')
        for (const probe of [server?.startupProbe, server?.livenessProbe, server?.readinessProbe])
          expect(probe).toMatchObject({ exec: { command: expect.any(Array) } })
        const isHandedOver = props.handedOver?.includes('statefulSet.resources') === true
        for (const { securityContext, resources, volumeMounts } of [...pod.initContainers, ...pod.containers]) {
          expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
          if (!isHandedOver)
            expect(resources).toMatchObject({ requests: expect.any(Object), limits: expect.any(Object) })
          expect(volumeMounts.length).toBeGreaterThan(0)
        }
        const shared = server?.volumeMounts.find(({ mountPath }) => mountPath === '/dev/shm')
        expect(pod.volumes.find((volume) => volume.name === shared?.name)?.emptyDir).toMatchObject({
          medium: 'Memory',
          sizeLimit: expect.any(String),
        })
        const headless = manifest(manifests, 'Service', spec.serviceName)['spec']
        expect(headless).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
      }
      const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget')
      expect(budgets).toHaveLength((props.replicas ?? 1) > 1 ? 1 : 0)
    },
  )
})
