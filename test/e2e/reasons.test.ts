/** Why a database cannot become ready: the pod's own reason, not "timeout". */
import { beforeAll, describe, expect, test } from 'vitest'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import { field, installDefinition, labManifest, writtenPhases } from './database.ts'

const cluster = await useCluster()
const { kubeconfig } = cluster

beforeAll(() => installDefinition(cluster))

const quota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'small' },
  spec: { hard: { 'requests.memory': '64Mi' } },
}

/** Names a condition, what in the manifest or the namespace brings it about, and what must be told. */
const cases: readonly (readonly [
  string,
  { extra?: string; replace?: Record<string, string>; before?: object; told: RegExp[] },
])[] = [
  [
    'a setting that PostgreSQL refuses',
    {
      extra: '  parameters: { shared_preload_libraries: nowhere }\n',
      told: [/CrashLoopBackOff|PodNotReady|Error/, /could not access file "nowhere"/],
    },
  ],
  [
    'more CPU than any node has',
    { extra: '  resources: { requests: { cpu: "400" } }\n', told: [/Unschedulable/, /cpu/i] },
  ],
  ['a quota that is used up', { before: quota, told: [/FailedCreate/, /exceeded quota/] }],
  [
    'a StorageClass that does not exist',
    {
      replace: { 'size: 10Gi': 'size: 10Gi\n    storageClassName: nowhere' },
      told: [/ProvisioningFailed|Unschedulable|ClaimPending|Unbound/, /nowhere|data-test-db-0/],
    },
  ],
]

describe('a database that cannot become ready because of', () => {
  test.each(cases)(
    '%s ends with exit code 4 and says so, here and in its status',
    async (_, { extra = '', replace = {}, before, told }) => {
      const namespace = await createNamespace(cluster, 'reason')
      if (before !== undefined)
        await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: JSON.stringify(before) })
      const { code, stderr } = await cli(['apply', '-f', '-', '-n', namespace, '--timeout', '20s'], {
        kubeconfig,
        stdin: labManifest(replace) + extra,
      })
      const error = stderr.slice(stderr.search(/^error: /m))
      for (const pattern of told) expect(error).toMatch(pattern)
      expect(error).toMatch(/^error: .+\n {3}at: .+\n {2}try: .+\n$/)
      expect(code).toBe(4)
      const message = await field(cluster, namespace, '.status.conditions[?(@.type=="Ready")].message')
      expect(`${await field(cluster, namespace, '.status.conditions[?(@.type=="Ready")].reason')}: ${message}`).toMatch(
        told[1] ?? /./,
      )
    },
  )
})

describe('--pace', () => {
  test('holds each phase that long', async () => {
    const namespace = await createNamespace(cluster, 'pace')
    const started = Date.now()
    const { code } = await cli(['apply', '-f', '-', '-n', namespace, '--pace', '1s', '--timeout', '90s'], {
      kubeconfig,
      stdin: labManifest(),
    })
    expect(code).toBe(0)
    const phases = await writtenPhases(cluster, namespace)
    expect(phases).toEqual(['Pending', 'Provisioning', 'Configuring', 'Deploying', 'Verifying', 'Ready'])
    expect(Date.now() - started).toBeGreaterThan(phases.length * 1000)
  })
})

describe('-o json', () => {
  test('is one document with phases, changes and exit code, also when nothing worked', async () => {
    const namespace = await createNamespace(cluster, 'json')
    const good = await cli(['apply', '-f', '-', '-n', namespace, '-o', 'json'], { kubeconfig, stdin: labManifest() })
    const report = JSON.parse(good.stdout) as {
      kind: string
      exitCode: number
      changes: { action: string }[]
      transitions: { to: string }[]
      databases: { ready: boolean }[]
      summary: { created: number }
    }
    expect(report).toMatchObject({
      kind: 'ApplyReport',
      exitCode: 0,
      databases: [{ ready: true, endpoint: `test-db.${namespace}.svc.cluster.local:5432` }],
    })
    expect(report.transitions.map(({ to }) => to)).toEqual([
      'Pending',
      'Provisioning',
      'Configuring',
      'Deploying',
      'Verifying',
      'Ready',
    ])
    expect(report.summary.created).toBe(report.changes.filter(({ action }) => action === 'create').length)
    const bad = await cli(['apply', '-f', '-', '-o', 'json', '--kubeconfig', '/nonexistent'], { stdin: labManifest() })
    expect(JSON.parse(bad.stdout)).toMatchObject({
      kind: 'ApplyReport',
      exitCode: 2,
      failures: [{ message: 'the kubeconfig file does not exist' }],
    })
    expect(bad.code).toBe(2)
  })

  test('holds no password, and neither does anything else that is printed', async () => {
    const namespace = await createNamespace(cluster, 'secret')
    const outputs = [
      await cli(['apply', '-f', '-', '-n', namespace, '-o', 'json', '-v'], { kubeconfig, stdin: labManifest() }),
      await cli(['apply', '-f', '-', '-n', namespace, '--diff', '-v'], { kubeconfig, stdin: labManifest() }),
      await cli(['diff', '-f', '-', '-n', namespace], { kubeconfig, stdin: labManifest() }),
      await cli(['status', '-n', namespace, '-o', 'json'], { kubeconfig }),
    ]
    const encoded = await field(cluster, namespace, '.data.password', 'secret/test-db-credentials')
    const password = Buffer.from(encoded, 'base64').toString('utf8')
    expect(password.length).toBeGreaterThanOrEqual(24)
    const elsewhere = await cluster.kubectl(['-n', namespace, 'get', 'db,sts,pod,cm,events', '-o', 'yaml'])
    for (const text of [...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]), elsewhere.stdout]) {
      expect(text.includes(password) || text.includes(encoded)).toBe(false)
    }
  })
})
