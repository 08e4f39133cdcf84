/** Defects of published implementations in what is written and accepted: see `list.test.ts`. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KIND, API_VERSION } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import { validateDatabase } from '../../src/api/validation.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { impactOf } from '../../src/plan/impact.ts'
import { immutableFieldsIn } from '../../src/plan/immutable.ts'
import { manifest, manifestsOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import { VALID_SPEC } from '../api/specs.ts'

const PROPS = SCENARIOS['orders'] as DatabaseProps

describe('the size of a volume', () => {
  const BYTES: Readonly<Record<string, bigint>> = {
    '': 1n,
    k: 10n ** 3n,
    M: 10n ** 6n,
    G: 10n ** 9n,
    T: 10n ** 12n,
    Ki: 2n ** 10n,
    Mi: 2n ** 20n,
    Gi: 2n ** 30n,
    Ti: 2n ** 40n,
  }
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 4096 }), fc.constantFrom(...Object.keys(BYTES)))
    .map(([amount, suffix]) => ({ text: `${amount}${suffix}`, bytes: BigInt(amount) * (BYTES[suffix] ?? 0n) }))
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
        const expected = after.bytes < before.bytes ? 'refused' : after.bytes > before.bytes ? 'resize-online' : 'none'
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
  const statefulSetOf = (change: Partial<DatabaseProps>): KubernetesObject =>
    manifest(manifestsOf('orders', { ...PROPS, ...change }), 'StatefulSet')
  const immutableOf = (object: KubernetesObject): unknown => {
    const spec = object['spec'] as Record<string, unknown>
    const fields = immutableFieldsIn(object, statefulSetOf({})).map((names) => names.at(-1) ?? '')
    return Object.fromEntries(fields.map((field) => [field, spec[field]]))
  }

  test.each<[string, Partial<DatabaseProps>]>([
    ['an image', { image: 'postgres:18.5-trixie' }],
    ['parameters', { parameters: { max_connections: 500, work_mem: '8MB' } }],
    ['resources', { resources: { limits: { cpu: '2', memory: '2Gi' } } }],
    ['labels', { labels: { team: 'shop' } }],
    ['annotations', { annotations: { 'example.com/owner': 'shop' } }],
    ['credentials', { credentials: { existingSecret: { name: 'vault' } } }],
    ['network', { network: { allowFrom: [{ podSelector: { matchLabels: { app: 'shop' } } }] } }],
  ])('C15: keeps every field that is immutable when %s of the props changes', (_what, change) => {
    expect(Object.keys(immutableOf(statefulSetOf({})) as object)).toEqual(
      expect.arrayContaining(['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates']),
    )
    expect(immutableOf(statefulSetOf(change))).toEqual(immutableOf(statefulSetOf({})))
  })

  interface Container {
    readonly name: string
    readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean }
    readonly resources?: { readonly requests?: object; readonly limits?: object }
    readonly startupProbe?: object
    readonly livenessProbe?: object
    readonly readinessProbe?: object
    readonly volumeMounts: readonly { readonly mountPath: string }[]
  }
  interface PodSpec {
    readonly terminationGracePeriodSeconds?: number
    readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly fsGroup?: number }
    readonly initContainers: readonly Container[]
    readonly containers: readonly Container[]
    readonly volumes: readonly { readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string } }[]
  }

  test.each(Object.entries(SCENARIOS).filter(([, { children }]) => children !== 'reconciled'))(
    'C18: of %s has probes, a security context, resources, time to end and shared memory',
    (name, props) => {
      const manifests = manifestsOf(name, { ...props, children: 'rendered' })
      const spec = manifest(manifests, 'StatefulSet', name)['spec'] as {
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
        if (!isHandedOver) expect(resources).toMatchObject({ requests: expect.any(Object), limits: expect.any(Object) })
        expect(volumeMounts.length).toBeGreaterThan(0)
      }
      expect(server?.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/dev/shm')
      expect(pod.volumes.some(({ emptyDir }) => emptyDir?.medium === 'Memory')).toBe(true)
      const headless = manifest(manifests, 'Service', spec.serviceName)['spec']
      expect(headless).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    },
  )
})
