import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { Database } from '../../src/constructs/database.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'
import { issuesOf, manifest, manifestsOf } from './manifests-of.ts'
import { SCENARIOS } from './scenarios.ts'

interface Container {
  readonly name: string
  readonly command: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly resources: { readonly limits: Readonly<Record<string, string>> }
  readonly securityContext: object
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
}
interface Probe {
  readonly exec: { readonly command: readonly string[] }
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly failureThreshold: number
}
interface PodSpec {
  readonly securityContext: { readonly runAsUser: number }
  readonly initContainers: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string; readonly emptyDir?: { readonly sizeLimit: string } }[]
}
interface StatefulSetSpec {
  readonly template: {
    readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
    readonly spec: PodSpec
  }
}

const PROPS = SCENARIOS['orders'] as DatabaseProps
const specOf = (props: DatabaseProps): StatefulSetSpec =>
  manifest(manifestsOf('orders', props), 'StatefulSet')['spec'] as StatefulSetSpec
const podOf = (props: DatabaseProps): PodSpec => specOf(props).template.spec
const containersOf = ({ initContainers, containers }: PodSpec): Container[] => [...initContainers, ...containers]
const postgresOf = (props: DatabaseProps): Container => podOf(props).containers[0] as Container
const valueOf = ({ env }: Container, name: string): string | undefined =>
  env.find((entry) => entry.name === name)?.value

describe('the StatefulSet', () => {
  const spec = specOf(PROPS)

  test('replaces a pod that hangs, and keeps claims whatever happens to it', () => {
    expect(spec).toMatchObject({
      replicas: 1,
      serviceName: 'orders-pods',
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
  })

  test('writes its claim template as the server stores it', () => {
    expect(specOf({ ...PROPS, storage: { size: '5Gi', storageClassName: 'fast' } })).toMatchObject({
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            volumeMode: 'Filesystem',
            storageClassName: 'fast',
            resources: { requests: { storage: '5Gi' } },
          },
        },
      ],
    })
  })

  test('lets no claim template hide another volume of a pod', () => {
    const tls = { secretName: 'orders-tls' }
    const legacy = { ...PROPS, tls, monitoring: {}, storage: { size: '10Gi', layout: 'legacy' } } as const
    const { volumes } = podOf(legacy)
    expect(volumes.length).toBeGreaterThan(5)
    for (const { name } of volumes) {
      const app = new App()
      const storage = { ...legacy.storage, claimTemplate: name }
      new Database(new Chart(app, 'chart', { namespace: 'shop' }), 'orders', { ...legacy, storage })
      expect(issuesOf(app).join(), name).toContain('storage.claimTemplate must not be the name of another volume')
    }
  })

  test('runs as the restricted Pod Security Standard asks', () => {
    expect(spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 300,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 999,
        runAsGroup: 999,
        fsGroup: 999,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
    })
    for (const { securityContext } of containersOf(spec.template.spec)) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test.each([
    ['postgres:16', 999],
    ['postgres:16.4-bookworm', 999],
    ['postgres:16-alpine', 70],
    ['postgres:17.6-alpine3.22', 70],
  ])('%s runs as user %d', (image, uid) => {
    expect(podOf({ ...PROPS, image }).securityContext).toMatchObject({ runAsUser: uid, runAsGroup: uid, fsGroup: uid })
  })

  test.each(['14', '15', '16', '17', '18'])('major %s has its data below a mount that stands above it', (major) => {
    for (const container of containersOf(podOf({ ...PROPS, image: `postgres:${major}` }))) {
      expect(valueOf(container, 'PGDATA')).toBe(`/var/lib/postgresql/${major}/docker`)
      expect(valueOf(container, 'PGMAJOR')).toBe(major)
      expect(container.volumeMounts.find(({ name }) => name === 'data')?.mountPath).toBe('/var/lib/postgresql')
    }
  })

  test('can write only where a volume is', () => {
    const names = spec.template.spec.volumes.map(({ name }) => name)
    for (const { volumeMounts } of containersOf(spec.template.spec)) {
      for (const { name } of volumeMounts) expect(['data', ...names]).toContain(name)
      expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
        expect.arrayContaining(['/var/run/postgresql', '/tmp', '/dev/shm']),
      )
    }
  })

  test('shows the password to the bootstrap alone', () => {
    const [bootstrap, postgres] = containersOf(spec.template.spec)
    expect(bootstrap?.volumeMounts.map(({ name }) => name)).toContain('credentials')
    expect(postgres?.volumeMounts.map(({ name }) => name)).not.toContain('credentials')
  })

  test('gives no password in arguments or environment', () => {
    expect(JSON.stringify(containersOf(spec.template.spec).map(({ env, command }) => [env, command]))).not.toMatch(
      /password/i,
    )
  })

  test('is Guaranteed where the spec names no resources', () => {
    for (const { resources } of containersOf(spec.template.spec)) {
      expect(resources).toEqual({
        requests: { cpu: '500m', memory: '512Mi' },
        limits: { cpu: '500m', memory: '512Mi' },
      })
    }
  })

  test.each<[string, DatabaseProps['resources'], object]>([
    [
      'limits alone hold for requests',
      { limits: { cpu: '2', memory: '4Gi' } },
      { requests: { cpu: '2', memory: '4Gi' }, limits: { cpu: '2', memory: '4Gi' } },
    ],
    [
      'requests alone hold for limits',
      { requests: { memory: '1Gi' } },
      { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '500m', memory: '1Gi' } },
    ],
    [
      'each side keeps its own',
      { requests: { cpu: 1 }, limits: { memory: '2Gi' } },
      { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '1', memory: '2Gi' } },
    ],
  ])('%s', (_title, resources, expected) => {
    expect(postgresOf({ ...PROPS, ...(resources === undefined ? {} : { resources }) }).resources).toEqual(expected)
  })

  test('shares a quarter of the memory limit', () => {
    const sizeOf = (memory: string): string | undefined =>
      podOf({ ...PROPS, resources: { limits: { memory } } }).volumes.find(({ name }) => name === 'shared-memory')
        ?.emptyDir?.sizeLimit
    expect([sizeOf('512Mi'), sizeOf('4Gi'), sizeOf('1G')]).toEqual(['128Mi', '1Gi', '238Mi'])
  })
})

describe('probes', () => {
  const { startupProbe, livenessProbe, readinessProbe } = postgresOf(PROPS)

  test('ask over TCP on 127.0.0.1, in time', () => {
    for (const { exec, timeoutSeconds } of [startupProbe, livenessProbe, readinessProbe]) {
      const script = exec.command.at(-1) ?? ''
      const [, patience] = /pg_isready -q -h 127\.0\.0\.1 -p "\$PGPORT" -t (\d+)/.exec(script) ?? []
      expect(Number(patience)).toBeLessThan(timeoutSeconds)
    }
  })

  test('do not kill a server that recovers: rc 1 is alive, and only readiness wants more', () => {
    expect(startupProbe.exec.command.at(-1)).toMatch(/; test \$\? -le 1$/)
    expect(livenessProbe.exec.command.at(-1)).toMatch(/; test \$\? -le 1$/)
    expect(readinessProbe.exec.command.at(-1)).not.toContain('test $?')
  })

  test('give recovery an hour', () => {
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(3600)
  })
})

describe('the annotation that restarts pods', () => {
  const hashOf = (props: DatabaseProps): string | undefined =>
    specOf(props).template.metadata.annotations['database.example.com/restart-hash']

  test('changes with settings that only a start takes over', () => {
    expect(hashOf({ ...PROPS, parameters: { max_connections: 50 } })).not.toBe(hashOf(PROPS))
    expect(hashOf({ ...PROPS, resources: { limits: { memory: '4Gi' } } })).not.toBe(hashOf(PROPS))
  })

  test('stays with everything else', () => {
    expect(hashOf({ ...PROPS, labels: { team: 'a' }, deletionPolicy: 'Delete' })).toBe(hashOf(PROPS))
    expect(hashOf({ ...PROPS, parameters: { work_mem: '9MB', jit: true } })).toBe(hashOf(PROPS))
    expect(hashOf({ ...PROPS, storage: { size: '100Gi' } })).toBe(hashOf(PROPS))
    expect(hashOf({ ...PROPS, parameters: { max_connections: 100 } })).toBe(hashOf(PROPS))
  })
})

describe('the NetworkPolicy', () => {
  test('admits labelled pods of the namespace and the controller to the port, and lets nothing out', () => {
    const { ingress, egress, policyTypes } = manifest(manifestsOf('orders', PROPS), 'NetworkPolicy')['spec'] as Record<
      string,
      unknown
    >
    expect(policyTypes).toEqual(['Ingress', 'Egress'])
    expect(egress).toBeUndefined()
    expect(ingress).toEqual([
      {
        from: [
          { podSelector: { matchLabels: { 'database.example.com/client-of': 'orders' } } },
          {
            podSelector: { matchExpressions: [{ key: 'database.example.com/client-of-orders', operator: 'Exists' }] },
          },
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'cdk8s-database-system' } },
            podSelector: {
              matchLabels: {
                'app.kubernetes.io/name': 'cdk8s-database',
                'app.kubernetes.io/component': 'controller',
              },
            },
          },
        ],
        ports: [{ port: 5432, protocol: 'TCP' }],
      },
    ])
  })
})
