/** The controller under the rights that its construct grants: they are enough, and none is left over. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Chart } from 'cdk8s'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DATABASE_RULES,
  DATA_DELETION_RULES,
  LEADER_RULES,
  MONITORING_RULES,
  namespaceDeletionRules,
} from '../../src/constructs/controller-rules.ts'
import type { PolicyRule } from '../../src/constructs/controller-rules.ts'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import { installForeignDefinitions } from '../cluster/foreign-definitions.ts'
import { createNamespace, useCluster } from '../cluster/shared.ts'
import { cli } from './command.ts'
import type { CommandResult } from './command.ts'
import { installDefinition, labManifest } from './database.ts'

const cluster = await useCluster()
const namespace = await createNamespace(cluster, 'rights')
const directory = mkdtempSync(join(tmpdir(), 'rights-'))
const ACCOUNT = 'cdk8s-database-controller'

let controller: ChildProcess | undefined
let ended: Promise<CommandResult> | undefined

/** A kubeconfig of the controller's ServiceAccount, as its pod would be. */
async function kubeconfigOfAccount(): Promise<string> {
  const { stdout } = await cluster.kubectl(['-n', namespace, 'create', 'token', ACCOUNT])
  const file = join(directory, 'kubeconfig')
  const token = stdout.trim()
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'controller',
    clusters: [
      {
        name: 'throwaway',
        cluster: {
          server: cluster.server,
          'certificate-authority-data': Buffer.from(cluster.certificateAuthority).toString('base64'),
        },
      },
    ],
    users: [{ name: 'controller', user: { token } }],
    contexts: [{ name: 'controller', context: { cluster: 'throwaway', user: 'controller', namespace } }],
  }
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return file
}

/** Dumps, which nobody makes here: what the controller needs for them is to make the objects, and to look. */
const BACKUP = `  backup:
    schedule: "0 3 * * *"
    storage: { size: 256Mi }
    volumeSnapshot: { className: fast, schedule: "@yearly", retain: 1 }
`

/** Two snapshots that are usable: one more than is kept. */
function snapshots(): string {
  const labels = {
    'app.kubernetes.io/name': 'postgresql-backup',
    'app.kubernetes.io/instance': 'test-db',
    'app.kubernetes.io/component': 'snapshot',
  }
  const items = ['2001', '2002'].map((year) => ({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name: `test-db-${year}`, labels },
    status: { readyToUse: true, creationTime: `${year}-01-01T00:00:00Z` },
  }))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

const kubectl = (args: readonly string[], stdin?: string): ReturnType<typeof cluster.kubectl> =>
  cluster.kubectl(['-n', namespace, ...args], stdin === undefined ? {} : { stdin })

async function untilReads(args: readonly string[], expected: string): Promise<void> {
  await expect.poll(async () => (await kubectl(args)).stdout.trim(), { timeout: 45_000, interval: 200 }).toBe(expected)
}

const generationAndPhase = ['get', 'db', 'test-db', '-o', 'jsonpath={.status.observedGeneration} {.status.phase}']
const patch = (object: string, change: object): ReturnType<typeof kubectl> =>
  kubectl(['patch', object, '--type=merge', '-p', JSON.stringify(change)])

beforeAll(async () => {
  await installDefinition(cluster)
  await installForeignDefinitions(cluster, ['volumesnapshots', 'podmonitors', 'prometheusrules'])
  await kubectl(['create', '-f', '-'], snapshots())
  const chart = new Chart(new App(), 'controller', { disableResourceNameHashes: true })
  new DatabaseController(chart, 'Controller', {
    image: 'registry.example.com/cdk8s-database:0.1.0',
    namespace,
    watchNamespaces: [namespace],
    allowDataDeletion: true,
    allowDatabaseMonitoring: true,
    replicas: 0,
  })
  const manifests = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: chart.toJson() })
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-'], manifests)
  expect(code, stderr).toBe(0)
  const kubeconfig = await kubeconfigOfAccount()
  // The way of the pod, by the Service, does not lead out of the cluster.
  const flags = ['--watch-namespace', namespace, '--leader-elect', '--verify=off']
  ended = cli(['controller', ...flags], { kubeconfig, onStart: (child) => (controller = child) })
})
afterAll(async () => {
  controller?.kill('SIGTERM')
  await ended
  rmSync(directory, { recursive: true, force: true })
})

test('a database lives its whole life under them', { timeout: 180_000 }, async () => {
  // A Secret from Git, without a password: it is completed.
  const shell = ['generic', 'test-db-credentials', '--from-literal=username=admin', '--from-literal=database=mydb']
  await kubectl(['create', 'secret', ...shell])
  const labels = ['app.kubernetes.io/instance=test-db', 'app.kubernetes.io/managed-by=cdk8s-database']
  await kubectl(['label', 'secret', 'test-db-credentials', ...labels])
  await kubectl(['apply', '-f', '-'], `${labManifest({ '10Gi': '1Gi' })}${BACKUP}`)
  await untilReads(generationAndPhase, '1 Ready')
  // Of the snapshots the older one goes, and one is taken.
  const year = String(new Date().getUTCFullYear())
  const names = ['get', 'volumesnapshots', '-o', 'jsonpath={.items[*].metadata.name}']
  await untilReads(names, `test-db-2002 test-db-${year}0101t000000z`)
  // Drift, a new spec, an image that does not exist and its correction, a larger volume.
  const kinds = 'service,configmap,serviceaccount,role,rolebinding,networkpolicy'
  const children = ['get', kinds, '-l', 'app.kubernetes.io/instance=test-db', '-o', 'name']
  const before = (await kubectl(children)).stdout.trim()
  await kubectl(['delete', kinds, '-l', 'app.kubernetes.io/instance=test-db'])
  await untilReads(children, before)
  await patch('db/test-db', { spec: { image: 'postgres:14.99-nonsense' } })
  const ready = ['get', 'db', 'test-db', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}']
  await untilReads(ready, 'ErrImagePull')
  await patch('db/test-db', { spec: { image: 'postgres:14' } })
  await untilReads(generationAndPhase, '3 Ready')
  await patch('db/test-db', { spec: { storage: { size: '2Gi' } } })
  await untilReads(['get', 'pvc', 'data-test-db-0', '-o', 'jsonpath={.status.capacity.storage}'], '2Gi')
  await untilReads(generationAndPhase, '4 Ready')
  // A standby is wanted, and no longer. Whether it gets as far as cloning depends on the machine's programs.
  await patch('db/test-db', { spec: { replicas: 2 } })
  const budget = ['get', 'pdb', '--ignore-not-found', '-o', 'name']
  await untilReads(budget, 'poddisruptionbudget.policy/test-db')
  await patch('db/test-db', { spec: { replicas: 1 } })
  await untilReads(generationAndPhase, '6 Ready')
  await untilReads(budget, '')
  await untilReads(['get', 'svc', 'test-db-ro', '--ignore-not-found', '-o', 'name'], '')
  // Monitoring is wanted and dumps are not, then neither: whatever was made for them goes, but for the volume of dumps.
  const dumps = ['cronjob.batch/test-db-backup', 'networkpolicy.networking.k8s.io/test-db-backup']
  const monitors = [
    'podmonitor.monitoring.coreos.com/test-db',
    'prometheusrule.monitoring.coreos.com/test-db',
    'configmap/test-db-dashboard',
  ]
  const which = (objects: readonly string[]): string[] => ['get', ...objects, '--ignore-not-found', '-o', 'name']
  await untilReads(which(dumps), dumps.join('\n'))
  await patch('db/test-db', { spec: { backup: null, monitoring: {} } })
  await untilReads(which(dumps), '')
  await untilReads(which(monitors), monitors.join('\n'))
  await patch('db/test-db', { spec: { monitoring: null } })
  await untilReads(generationAndPhase, '8 Ready')
  await untilReads(which(monitors), '')
  await patch('db/test-db', { spec: { deletionPolicy: 'Delete' } })
  await untilReads(generationAndPhase, '9 Ready')
  const { code, stderr } = await kubectl(['delete', 'db', 'test-db', '--timeout=45s'])
  expect(code, stderr).toBe(0)
  await untilReads(['get', 'sts,cronjob', '-o', 'name'], '')
  // The data is gone, as the policy says; the dumps are not.
  await untilReads(['get', 'pvc', '-o', 'name'], 'persistentvolumeclaim/test-db-backup')
  await untilReads(['get', 'secret', 'test-db-credentials', '--ignore-not-found', '-o', 'name'], '')
  // Nothing is left of it, so the next one gets a password of its own.
  await kubectl(['apply', '-f', '-'], labManifest({ '10Gi': '1Gi' }))
  await untilReads(generationAndPhase, '1 Ready')
})

test('a pod whose bootstrap refused is tried again when a person asks', async () => {
  const unusable = ['--from-literal=username=admin', '--from-literal=database=mydb', '--from-literal=password=a\nb']
  await kubectl(['create', 'secret', 'generic', 'retry-db-credentials', ...unusable])
  await kubectl(['apply', '-f', '-'], labManifest({ 'test-db': 'retry-db' }))
  await untilReads(['get', 'db', 'retry-db', '-o', 'jsonpath={.status.phase}'], 'Failed')
  await patch('secret/retry-db-credentials', { stringData: { password: 'usable' } })
  const before = (await kubectl(['get', 'pod', 'retry-db-0', '-o', 'jsonpath={.metadata.uid}'])).stdout
  await kubectl(['annotate', 'db', 'retry-db', 'database.example.com/reconcile-requested-at=now'])
  await untilReads(['get', 'db', 'retry-db', '-o', 'jsonpath={.status.phase}'], 'Ready')
  expect((await kubectl(['get', 'pod', 'retry-db-0', '-o', 'jsonpath={.metadata.uid}'])).stdout).not.toBe(before)
})

test('each of them was used, and nothing else was asked for', async () => {
  // The server records a watch when it ends.
  controller?.kill('SIGTERM')
  expect((await ended)?.code).toBe(0)
  const events = (await cluster.auditEvents()).filter(
    ({ user }) => user.username === `system:serviceaccount:${namespace}:${ACCOUNT}`,
  )
  const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403)
  expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([])
  const used = new Set(
    events.flatMap(({ verb, objectRef, responseStatus }) => {
      if (objectRef?.resource === undefined) return []
      const { apiGroup = '', resource, subresource } = objectRef
      const what = `${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`
      // Server-side apply of what does not exist needs both rights.
      const creates = verb === 'patch' && responseStatus?.code === 201
      return creates ? [`patch ${what}`, `create ${what}`] : [`${verb} ${what}`]
    }),
  )
  expect([...used].toSorted()).toEqual(
    granted([
      ...DATABASE_RULES,
      ...DATA_DELETION_RULES,
      ...MONITORING_RULES,
      ...LEADER_RULES,
      ...namespaceDeletionRules([namespace]),
    ]),
  )
})

/** Asked by an admission plugin that this API server does not run, not by a request. */
const ASKED_BY_ADMISSION = 'update database.example.com/databases/finalizers'

function granted(rules: readonly PolicyRule[]): string[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  )
  return [...new Set(all)].filter((right) => right !== ASKED_BY_ADMISSION).toSorted()
}
