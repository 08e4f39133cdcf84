/**
 * Every right that the construct grants, taken away by itself: a condition names it, and when it comes back the database
 * goes on. One controller looks after as many namespaces as there are rights; each lacks one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, assert, beforeAll, describe, expect, test } from 'vitest'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { connect } from '../../src/cluster/connect.ts'
import type { Client } from '../../src/cluster/client.ts'
import { EventRecorder } from '../../src/controller/event-recorder.ts'
import { LeaderElection } from '../../src/controller/leader-election.ts'
import { DATABASE_RULES, DATA_DELETION_RULES, LEADER_RULES } from '../../src/constructs/controller-rules.ts'
import type { PolicyRule } from '../../src/constructs/controller-rules.ts'
import type { Condition, DatabaseStatus } from '../../src/api/status.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { startController } from './controller-process.ts'
import type { ControllerProcess } from './controller-process.ts'
import { installDefinition } from './database.ts'

const cluster = await useControlPlane()
const RBAC = 'rbac.authorization.k8s.io'
const DATABASES = 'database.example.com/databases'

/** One verb on one resource. */
interface Right {
  readonly verb: string
  readonly group: string
  /** With the sub-resource. */
  readonly resource: string
}

/** Asked by an admission plugin that this API server does not run, not by a request. */
const NOT_ASKED = [`update ${DATABASES}/finalizers`]

/** Without these nothing can be told in a status; the log does. */
const TOLD_BY_LOG = [`list ${DATABASES}`, `watch ${DATABASES}`, `patch ${DATABASES}/status`]

/** Nothing depends on an event: its rights have a test of their own. */
const OF_EVENTS = ['create /events', 'patch /events']

const nameOf = ({ verb, group, resource }: Right): string => `${verb} ${group}/${resource}`

function rightsOf(rules: readonly PolicyRule[]): Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })))),
  )
}

const ALL = [
  ...new Map(rightsOf([...DATABASE_RULES, ...DATA_DELETION_RULES]).map((right) => [nameOf(right), right])).values(),
]

/**
 * Asked only for a database with standbys, backups, snapshots or monitoring, which needs pods that run. That they are used is shown
 * by `controller-rights.test.ts`; how one that is missing is told does not depend on the kind.
 */
const OF_MORE = new Set([
  'delete /services',
  'delete /configmaps',
  'delete networking.k8s.io/networkpolicies',
  'create /persistentvolumeclaims',
  ...['get', 'create', 'patch', 'delete'].map((verb) => `${verb} policy/poddisruptionbudgets`),
  ...['get', 'create', 'patch', 'delete'].map((verb) => `${verb} batch/cronjobs`),
  ...['list', 'create', 'patch', 'delete'].map((verb) => `${verb} snapshot.storage.k8s.io/volumesnapshots`),
])

const ASKED = ALL.filter((right) => ![...NOT_ASKED, ...OF_EVENTS, ...OF_MORE].includes(nameOf(right)))

/**
 * One right of every resource, another verb each time, and those for which something special must happen. All of them
 * with `EVERY_RIGHT=1 npx vitest run test/e2e/missing-rights.test.ts`.
 */
function sample(): Right[] {
  const resources = [...new Set(ASKED.map(({ group, resource }) => `${group}/${resource}`))]
  return resources.flatMap((name, index) => {
    const rights = ASKED.filter(({ group, resource }) => `${group}/${resource}` === name)
    const special = rights.filter((right) => [...Object.keys(OCCASIONS), ...TOLD_BY_LOG].includes(nameOf(right)))
    const usual = rights.filter((right) => !special.includes(right))
    return usual.length === 0 ? special : [...special, ...usual.slice(index % usual.length).slice(0, 1)]
  })
}

/** A namespace that lacks one right. */
interface Row {
  readonly right: Right
  readonly namespace: string
}

async function ask(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown> {
  const reply = await cluster.request(method, path, {
    ...(body === undefined ? {} : { body }),
    ...(contentType === undefined ? {} : { contentType }),
  })
  if (reply.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`)
  return reply.body
}

const merge = (path: string, body: object): Promise<unknown> => ask('PATCH', path, body, 'application/merge-patch+json')
const databasePath = (namespace: string): string =>
  `/apis/database.example.com/v1/namespaces/${namespace}/databases/test-db`

/** Every right but one, or every one. */
async function grant(namespace: string, without?: Right): Promise<void> {
  const rules = ALL.filter((right) => without === undefined || nameOf(right) !== nameOf(without))
  const body = {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: { name: 'controller' },
    rules: rules.map(({ verb, group, resource }) => ({ verbs: [verb], apiGroups: [group], resources: [resource] })),
  }
  const path = `/apis/${RBAC}/v1/namespaces/${namespace}/roles/controller`
  await ask('PATCH', `${path}?fieldManager=test&force=true`, body)
}

async function bind(namespace: string, home: string): Promise<void> {
  await ask('POST', `/apis/${RBAC}/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: 'controller' },
    roleRef: { apiGroup: RBAC, kind: 'Role', name: 'controller' },
    subjects: [{ kind: 'ServiceAccount', name: 'controller', namespace: home }],
  })
}

/**
 * No node takes these pods, also where other tests bring one: starting and stopping a server for every right would make
 * them wait for each other, and the test says of a pod itself what its status is.
 */
const NOWHERE = { nodeSelector: { 'example.com/nowhere': 'true' } }

async function createDatabase(namespace: string, spec: object = {}): Promise<void> {
  await ask('POST', databasePath(namespace).replace(/\/test-db$/, ''), {
    apiVersion: 'database.example.com/v1',
    kind: 'Database',
    metadata: { name: 'test-db' },
    spec: {
      image: 'postgres:14',
      replicas: 1,
      databaseName: 'mydb',
      username: 'admin',
      storage: { size: '1Gi' },
      placement: NOWHERE,
      ...spec,
    },
  })
}

/** Statuses of all databases by namespace, from one list at a time for everybody. */
const statuses = new Map<string, DatabaseStatus>()
/** What conditions with reason Forbidden have said so far, by namespace: some say it for a moment only. */
const refusals = new Map<string, string[]>()
const over = new AbortController()

async function watchStatuses(): Promise<void> {
  while (!over.signal.aborted) {
    const { status: code, body } = await cluster.request('GET', '/apis/database.example.com/v1/databases')
    // A definition that was installed a moment ago is not served yet.
    if (code === 200) {
      const { items } = body as { items: { metadata: { namespace: string }; status?: DatabaseStatus }[] }
      statuses.clear()
      for (const { metadata, status = {} } of items) statuses.set(metadata.namespace, status)
    }
    await readRefusals()
    await sleep(200)
  }
}

let eventsRead = 0

async function readRefusals(): Promise<void> {
  const events = await cluster.auditEvents()
  const news = events.slice(eventsRead)
  eventsRead = events.length
  for (const { objectRef, requestObject } of news) {
    if (objectRef?.resource !== 'databases' || objectRef.subresource !== 'status') continue
    const { status } = (requestObject ?? {}) as { status?: DatabaseStatus }
    const messages = (status?.conditions ?? []).flatMap(({ reason, message }) =>
      reason === 'Forbidden' ? [message] : [],
    )
    const { namespace = '' } = objectRef
    refusals.set(namespace, [...(refusals.get(namespace) ?? []), ...messages])
  }
}

/** For one step of the controllers; the machine may have others to serve. */
const PATIENCE_MS = 90_000

/** Waits until something is so. @throws Error saying what was so instead */
async function until(isSo: () => boolean, describeOther: () => string, withinMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(describeOther())
    await sleep(100)
  }
}

const conditionsOf = (namespace: string): readonly Condition[] => statuses.get(namespace)?.conditions ?? []
const shown = (namespace: string): string => JSON.stringify(statuses.get(namespace) ?? 'gone')
const untilDeploying = (namespace: string): Promise<void> =>
  until(
    () => statuses.get(namespace)?.phase === 'Deploying',
    () => shown(namespace),
  )

/** Waits until something else has made an object. */
async function untilThere(path: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; (await cluster.request('GET', path)).status !== 200; await sleep(200))
    if (Date.now() > deadline) throw new Error(`nobody made ${path}`)
}

/** What the server says of a right that is missing; the namespace comes after it. */
const refusal = ({ verb, group, resource }: Right): string =>
  `cannot ${verb} resource "${resource}" in API group "${group}" in the namespace`

const deleteDatabase = async (namespace: string): Promise<void> => void (await ask('DELETE', databasePath(namespace)))

async function growVolume(namespace: string): Promise<void> {
  const storageClassName = namespace
  await ask('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: namespace },
    provisioner: 'example.com/none',
    allowVolumeExpansion: true,
  })
  await ask('POST', '/api/v1/persistentvolumes', {
    metadata: { name: namespace },
    spec: {
      storageClassName,
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/nonexistent' },
      claimRef: { namespace, name: 'data-test-db-0' },
    },
  })
  await createDatabase(namespace, { storage: { size: '1Gi', storageClassName } })
  const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data-test-db-0`
  const phase = async (): Promise<string | undefined> =>
    ((await cluster.request('GET', claim)).body as { status?: { phase?: string } }).status?.phase
  for (const deadline = Date.now() + 60_000; (await phase()) !== 'Bound' && Date.now() < deadline;) await sleep(200)
  await merge(databasePath(namespace), { spec: { storage: { size: '2Gi' } } })
}

/** A pod whose bootstrap refuses the volume, and a person who asks to try it again. */
async function retryBootstrap(namespace: string): Promise<void> {
  await createDatabase(namespace)
  const pod = `/api/v1/namespaces/${namespace}/pods/test-db-0`
  await untilThere(pod)
  const terminated = { exitCode: 78, message: 'IncompatibleDataDirectory: this is no database of ours' }
  const status = { name: 'bootstrap', image: 'postgres:14', imageID: '', ready: false, restartCount: 0 }
  const initContainerStatuses = [{ ...status, state: { terminated } }]
  await merge(`${pod}/status`, { status: { phase: 'Pending', initContainerStatuses } })
  const isRefused = (): boolean => statuses.get(namespace)?.phase === 'Failed'
  await until(isRefused, () => shown(namespace))
  const annotations = { 'database.example.com/reconcile-requested-at': 'now' }
  await merge(databasePath(namespace), { metadata: { annotations } })
}

async function deleteWithData(namespace: string): Promise<void> {
  await createDatabase(namespace, { deletionPolicy: 'Delete' })
  await untilDeploying(namespace)
  // Without a claim there is nothing to delete and no right to lack.
  await untilThere(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/data-test-db-0`)
  await deleteDatabase(namespace)
}

/** Deletes what the database has of these: what is put back is asked for by name, for somebody else may have the name by now. */
const lose =
  (group: string, resource: string) =>
  async (namespace: string): Promise<void> => {
    await createDatabase(namespace)
    await untilDeploying(namespace)
    const root = group === '' ? '/api/v1' : `/apis/${group}/v1`
    const selector = encodeURIComponent('app.kubernetes.io/instance=test-db')
    await ask('DELETE', `${root}/namespaces/${namespace}/${resource}?labelSelector=${selector}`)
  }

/** What has to happen before a right is asked for; for the others a database is created. */
const OCCASIONS: Readonly<Record<string, (namespace: string) => Promise<void>>> = {
  'get apps/statefulsets': lose('apps', 'statefulsets'),
  'get /configmaps': lose('', 'configmaps'),
  'get /serviceaccounts': lose('', 'serviceaccounts'),
  'get networking.k8s.io/networkpolicies': lose('networking.k8s.io', 'networkpolicies'),
  'get rbac.authorization.k8s.io/roles': lose(RBAC, 'roles'),
  'get rbac.authorization.k8s.io/rolebindings': lose(RBAC, 'rolebindings'),
  'delete apps/statefulsets': deleteWithData,
  'get /persistentvolumeclaims': deleteWithData,
  'delete /persistentvolumeclaims': deleteWithData,
  'delete /secrets': deleteWithData,
  'patch /persistentvolumeclaims': growVolume,
  'delete /pods': retryBootstrap,
  async 'patch /secrets'(namespace) {
    const labels = { 'app.kubernetes.io/instance': 'test-db', 'app.kubernetes.io/managed-by': 'cdk8s-database' }
    await ask('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      metadata: { name: 'test-db-credentials', labels },
      stringData: { username: 'admin', database: 'mydb' },
    })
    await createDatabase(namespace)
  },
}

const ROWS = process.env['EVERY_RIGHT'] === undefined ? sample() : ASKED

/** Takes the right, has the database need it, and gives it back. */
async function tryRow({ right, namespace }: Row, controller: ControllerProcess): Promise<void> {
  const words = refusal(right)
  const isGoing = OCCASIONS[nameOf(right)] === deleteWithData
  await (OCCASIONS[nameOf(right)] ?? createDatabase)(namespace)
  if (TOLD_BY_LOG.includes(nameOf(right))) {
    await controller.says(words.replaceAll('"', String.raw`\"`))
  } else {
    const isNamed = (): boolean =>
      (refusals.get(namespace) ?? []).some((message) => message.includes(words) && message.includes(namespace))
    await until(isNamed, () => `no condition says "${words}": ${shown(namespace)}`)
  }
  await grant(namespace)
  const isRecovered = (): boolean => {
    const status = statuses.get(namespace)
    if (isGoing) return status === undefined
    return (
      ['Deploying', 'Ready'].includes(status?.phase ?? '') &&
      conditionsOf(namespace).every(({ reason }) => reason !== 'Forbidden')
    )
  }
  for (let attempt = 1; attempt <= 20 && !isRecovered(); attempt += 1) {
    const annotations = { 'database.example.com/reconcile-requested-at': String(attempt) }
    await cluster.request('PATCH', databasePath(namespace), {
      body: { metadata: { annotations } },
      contentType: 'application/merge-patch+json',
    })
    await until(isRecovered, () => '', 3000).catch(() => undefined)
  }
  assert(isRecovered(), `it does not go on: ${shown(namespace)}`)
}

async function clientOf(file: string): Promise<Client> {
  const environment = { KUBECONFIG: file }
  const connection = await loadKubeconfig({ environment, home: '/nonexistent', directory: '/' })
  return connect(connection, { environment })
}

describe('each right by itself', () => {
  const outcomes = new Map<string, Promise<unknown>>()
  const rows = new Map<string, Row>()
  let controller: ControllerProcess | undefined
  let watching: Promise<void> | undefined

  beforeAll(async () => {
    await installDefinition(cluster)
    const home = await createNamespace(cluster, 'rights-home')
    const kubeconfig = await cluster.serviceAccountKubeconfig(home, 'controller')
    await Promise.all(
      ROWS.map(async (right) => {
        const namespace = await createNamespace(cluster, 'right')
        rows.set(nameOf(right), { right, namespace })
        await grant(namespace, right)
        await bind(namespace, home)
      }),
    )
    watching = watchStatuses()
    const watched = [...rows.values()].flatMap(({ namespace }) => ['--watch-namespace', namespace])
    const started = startController([...watched, '--verify=off'], { kubeconfig })
    controller = started
    await started.says('"msg":"starting"')
    for (const [name, row] of rows)
      outcomes.set(
        name,
        tryRow(row, started).catch((error: unknown) => error),
      )
  })
  afterAll(async () => {
    over.abort()
    await watching
    await controller?.stop()
  })

  test.each(ROWS.map(nameOf))(
    '%s: a condition names it, and the database goes on when it is back',
    async (name) => {
      expect(await outcomes.get(name)).toBeUndefined()
    },
    3 * PATIENCE_MS,
  )

  test('the controller saw it through', () => {
    expect(controller?.child.exitCode).toBeNull()
  })
})

describe('rights of which no database knows', () => {
  test.each(rightsOf(LEADER_RULES))('$verb leases: nobody leads without it, the error names it', async (right) => {
    const namespace = await createNamespace(cluster, 'leases')
    const client = await clientOf(await cluster.serviceAccountKubeconfig(namespace, 'controller'))
    const allow = (verbs: readonly string[]): Promise<unknown> =>
      ask('PATCH', `/apis/${RBAC}/v1/namespaces/${namespace}/roles/controller?fieldManager=test`, {
        apiVersion: `${RBAC}/v1`,
        kind: 'Role',
        metadata: { name: 'controller' },
        rules: [{ verbs, apiGroups: [right.group], resources: [right.resource] }],
      })
    await allow(rightsOf(LEADER_RULES).flatMap(({ verb }) => (verb === right.verb ? [] : [verb])))
    await bind(namespace, namespace)
    if (right.verb === 'update')
      await ask('POST', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, { metadata: { name: 'lead' } })
    const told: string[] = []
    const election = new LeaderElection({
      client,
      namespace,
      name: 'lead',
      leaseDurationMs: 4000,
      renewDeadlineMs: 3000,
      retryPeriodMs: 200,
      onEvent: (event) => told.push(event.type === 'failed' ? String(event.error) : event.type),
    })
    const ending = new AbortController()
    const running = election.run(async () => ending.abort(), ending.signal)
    await expect.poll(() => told.join('\n'), { timeout: 30_000 }).toContain(refusal(right))
    expect(told).not.toContain('leading')
    await allow(rightsOf(LEADER_RULES).map(({ verb }) => verb))
    await running
    expect(told).toContain('leading')
    client.transport.close()
  })

  test.each(ALL.filter((right) => OF_EVENTS.includes(nameOf(right))))(
    '$verb events: nothing depends on it, and the log names it',
    async (right) => {
      const namespace = await createNamespace(cluster, 'events')
      const client = await clientOf(await cluster.serviceAccountKubeconfig(namespace, 'controller'))
      await grant(namespace, right)
      await bind(namespace, namespace)
      const told: string[] = []
      const recorder = new EventRecorder({ client, component: 'test', onError: (error) => told.push(String(error)) })
      const about = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace, uid: 'uid' } }
      const record = async (): Promise<void> => {
        recorder.record(about, { type: 'Normal', reason: 'Test', message: 'It happened.' })
        await recorder.flush()
      }
      await expect
        .poll(
          async () => {
            await record()
            return told.join('\n')
          },
          { timeout: 30_000 },
        )
        .toContain(refusal(right))
      await grant(namespace)
      await expect
        .poll(
          async () => {
            const before = told.length
            await record()
            return told.length - before
          },
          { timeout: 30_000 },
        )
        .toBe(0)
      client.transport.close()
    },
  )
})
