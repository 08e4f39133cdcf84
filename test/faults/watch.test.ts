/**
 * The controller behind a proxy that does to its watches what networks, servers and middleboxes do. Whatever it is, what
 * somebody deleted meanwhile comes back; nothing is asked for without a pause; nothing is left open at the end.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { ObjectQuery } from '../../src/applier/cluster/cluster-api.ts'
import { KubernetesClusterApi } from '../../src/applier/cluster/kubernetes-cluster-api.ts'
import { connect } from '../../src/cluster/connect.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import type { WatchEvent } from '../../src/cluster/watch-event.ts'
import { runController } from '../../src/controller/controller.ts'
import type { ControllerOptions } from '../../src/controller/controller.ts'
import type { WorkQueue } from '../../src/controller/work-queue.ts'
import { FakeCluster } from '../applier/fake-cluster.ts'
import { isStoredWrite } from '../cluster/audit-log.ts'
import { createNamespace, useControlPlane } from '../cluster/shared.ts'
import { installDefinition, labManifest } from '../e2e/database.ts'
import { startFaultProxy } from './proxy.ts'
import type { FaultHooks, FaultProxy, PassedWatch, SeenRequest } from './proxy.ts'

const cluster = await useControlPlane()
const namespace = await createNamespace(cluster, 'watches')
const directory = mkdtempSync(join(tmpdir(), 'watches-'))
const USER_AGENT = 'cdk8s-database'

beforeAll(async () => {
  await installDefinition(cluster)
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: labManifest() })
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const servicePath = `/api/v1/namespaces/${namespace}/services/test-db-pods`
const databasePath = `/apis/database.example.com/v1/namespaces/${namespace}/databases/test-db`

const isWatchOf = (request: SeenRequest, resource: string): boolean =>
  request.url.includes('watch=true') && new URL(request.url, 'https://proxy').pathname.endsWith(`/${resource}`)
const typeOf = (line: string): string => /"type":"([A-Z]+)"/.exec(line)?.[1] ?? ''
const failure = (code: number, reason: string): string =>
  `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason } })}\n`
const status = (code: number, reason: string): { status: number; body: unknown } => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason },
})

/** A controller in this process, behind a proxy. */
interface Watched {
  readonly proxy: FaultProxy
  readonly queue: WorkQueue
  /** Kinds whose watch was interrupted, and why. */
  readonly interruptions: string[]
  readonly stop: () => Promise<void>
}

interface WatchedOptions {
  readonly hooks?: FaultHooks
  readonly kubeconfig?: string
  readonly idleMs?: number
  readonly relistMs?: number
}

const counters = (
  told: Pick<ControllerOptions, 'onSynced' | 'onQueue' | 'onInterrupted' | 'onFinished'>,
  signal: AbortSignal,
): ControllerOptions => ({
  namespaces: [namespace],
  workers: 4,
  signal,
  route: 'off',
  paceMs: 0,
  probe: { reaches: () => Promise.resolve(true) },
  now: () => Date.now(),
  steadyNow: () => performance.now(),
  queueObserver: {},
  onTransition: () => undefined,
  onDriftCorrected: () => undefined,
  onCircuit: () => undefined,
  onGone: () => undefined,
  ...told,
})

/** Starts a controller; it is synced when this resolves, unless told not to wait for that. */
async function startWatched(options: WatchedOptions = {}, isAwaited = true): Promise<Watched> {
  const proxy = await startFaultProxy(cluster.server, cluster.certificateAuthority, options.hooks)
  onTestFinished(() => proxy.close())
  const file = join(directory, `${Math.random()}.kubeconfig`)
  await proxy.writeKubeconfig(options.kubeconfig ?? cluster.kubeconfig, file)
  const environment = { KUBECONFIG: file, PATH: process.env['PATH'] ?? '' }
  const connection = await loadKubeconfig({ environment, home: '/nonexistent', directory: '/' })
  const client = connect(connection, { environment, userAgent: USER_AGENT })
  const { idleMs = 90_000, relistMs = 3_600_000 } = options
  const backoff = { initialMs: 100, maxMs: 800, jitter: 0.5 }
  const api = new KubernetesClusterApi(client, { backoff, idleMs, relistMs })
  const ending = new AbortController()
  const interruptions: string[] = []
  const [synced, queued] = [Promise.withResolvers<void>(), Promise.withResolvers<WorkQueue>()]
  const told = {
    onSynced: () => synced.resolve(),
    onQueue: queued.resolve,
    onFinished: () => undefined,
    onInterrupted: (kind: string, error: unknown) => interruptions.push(`${kind}: ${String(error)}`),
  }
  const running = runController(api, counters(told, ending.signal))
  const stop = async (): Promise<void> => {
    ending.abort()
    await running
    client.transport.close()
  }
  onTestFinished(stop)
  if (isAwaited) await synced.promise
  return { proxy, interruptions, stop, queue: await queued.promise }
}

/** The uid of the Service, where there is one. */
async function serviceUid(): Promise<string | undefined> {
  const reply = await cluster.request('GET', servicePath)
  return reply.status === 200 ? (reply.body as { metadata: { uid: string } }).metadata.uid : undefined
}

async function untilThere(): Promise<string> {
  await expect.poll(serviceUid, { timeout: 30_000, interval: 50 }).toBeDefined()
  return (await serviceUid()) ?? ''
}

/** Deletes the Service, and waits until the controller has put it back. */
async function deleteAndSeeItComeBack(): Promise<void> {
  const before = await untilThere()
  await cluster.request('DELETE', servicePath)
  const isBack = async (): Promise<boolean> => ![before, undefined].includes(await serviceUid())
  await expect.poll(isBack, { timeout: 30_000, interval: 50 }).toBe(true)
}

/** No path was asked for again and again. */
function expectNoHotLoop({ proxy }: Watched, mostOfOne = 16): void {
  const counts = new Map<string, number>()
  for (const { method, url } of proxy.requests) {
    const key = `${method} ${url.split('?')[0]} ${url.includes('watch=true') ? 'watch' : ''}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const hot = [...counts].filter(([key, count]) => key.startsWith('GET') && count > mostOfOne)
  expect(hot).toEqual([])
}

/** Nothing was asked for over and over without a pause, and after the end nothing is open. */
async function expectGoodManners(watched: Watched, mostOfOne = 16): Promise<void> {
  const { proxy, stop } = watched
  expectNoHotLoop(watched, mostOfOne)
  await stop()
  await expect.poll(() => proxy.openWatches(), { timeout: 10_000 }).toEqual([])
  // What was on its way when it was told to end has arrived by then.
  await sleep(200)
  const requests = proxy.requests.length
  await sleep(200)
  expect(proxy.requests).toHaveLength(requests)
}

const listsOf = ({ proxy }: Watched, resource: string): number =>
  proxy.requests.filter(({ url }) => url.split('?')[0]?.endsWith(`/${resource}`) && !url.includes('watch=true')).length

test('W1: streams that end after each event are resumed where they stopped', async () => {
  const watchLine = (line: string, watch: PassedWatch): void => {
    watch.send(`${line}\n`)
    watch.end()
  }
  const watched = await startWatched({ hooks: { watchLine } })
  for (let times = 0; times < 3; times += 1) await deleteAndSeeItComeBack()
  expect(listsOf(watched, 'services')).toBe(1)
  await expectGoodManners(watched)
})

test('W2: a line that is cut in the middle is not parsed, and its event comes again', async () => {
  let cuts = 0
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (!isWatchOf(watch.request, 'services') || cuts >= 2) return watch.send(`${line}\n`)
    cuts += 1
    watch.send(line.slice(0, line.length / 2))
    setTimeout(() => watch.reset(), 20)
  }
  const watched = await startWatched({ hooks: { watchLine } })
  await deleteAndSeeItComeBack()
  expect(cuts).toBe(2)
  expect(listsOf(watched, 'services')).toBe(1)
  await expectGoodManners(watched)
})

test('W3: silence on a connection that looks alive is noticed', async () => {
  const silenced = new Set<PassedWatch>()
  let isSilent = false
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (isSilent && (silenced.size === 0 || silenced.has(watch)) && isWatchOf(watch.request, 'services'))
      silenced.add(watch)
    else watch.send(`${line}\n`)
  }
  const watched = await startWatched({ hooks: { watchLine }, idleMs: 1500 })
  // Of a stream that has not said anything silence is no news.
  await deleteAndSeeItComeBack()
  isSilent = true
  await deleteAndSeeItComeBack()
  expect(silenced.size).toBe(1)
  expect(watched.interruptions.join('\n')).toContain('Service: SilentWatchError')
  await expectGoodManners(watched)
})

test.each([
  ['as HTTP status', 1],
  ['as HTTP status, again and again', 4],
])('W4: a place that is too old, told %s, is listed anew; what was deleted meanwhile is noticed', async (_, times) => {
  let left = 0
  const open: PassedWatch[] = []
  const hooks: FaultHooks = {
    answer(request) {
      if (!isWatchOf(request, 'services') || left === 0) return undefined
      left -= 1
      return status(410, 'Expired')
    },
    watchLine(line, watch) {
      open.push(watch)
      if (left === 0) watch.send(`${line}\n`)
      else watch.reset()
    },
  }
  const watched = await startWatched({ hooks })
  await untilThere()
  left = times
  await deleteAndSeeItComeBack()
  await expect.poll(() => left, { timeout: 30_000 }).toBe(0)
  await deleteAndSeeItComeBack()
  expect(listsOf(watched, 'services')).toBe(1 + times)
  await expectGoodManners(watched)
})

test('W4: a place that is too old, told as an event, is listed anew; what was deleted meanwhile is noticed', async () => {
  let isTold = false
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (isTold || !isWatchOf(watch.request, 'services') || typeOf(line) !== 'DELETED') return watch.send(`${line}\n`)
    isTold = true
    watch.send(failure(410, 'Expired'))
  }
  const watched = await startWatched({ hooks: { watchLine } })
  await deleteAndSeeItComeBack()
  expect(listsOf(watched, 'services')).toBe(2)
  await expectGoodManners(watched)
})

test.each([
  [500, 'InternalError'],
  [429, 'TooManyRequests'],
  [403, 'Forbidden'],
])('W5: an error event %d inside a stream is told, and waited out', async (code, reason) => {
  let told = 0
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (told >= 2 || !isWatchOf(watch.request, 'services') || typeOf(line) !== 'DELETED') return watch.send(`${line}\n`)
    told += 1
    watch.send(failure(code, reason))
  }
  const watched = await startWatched({ hooks: { watchLine } })
  await deleteAndSeeItComeBack()
  expect(told).toBe(2)
  expect(watched.interruptions.filter((text) => text.startsWith('Service') && text.includes(reason))).toHaveLength(2)
  await expectGoodManners(watched)
})

test.each(['ADDED', 'MODIFIED', 'DELETED'])('W6: an event %s that never comes is made up for', async (type) => {
  let dropped = 0
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (dropped === 0 && isWatchOf(watch.request, 'services') && typeOf(line) === type) dropped += 1
    else watch.send(`${line}\n`)
  }
  const watched = await startWatched({ hooks: { watchLine }, relistMs: 3000 })
  await untilThere()
  const read = async (): Promise<unknown> =>
    ((await cluster.request('GET', servicePath)).body as { spec: { publishNotReadyAddresses?: boolean } }).spec
      .publishNotReadyAddresses
  // What a fresh list told in time was not dropped: then it is tried again.
  for (let times = 0; times < 10; times += 1) {
    if (dropped > 0) break
    if (type === 'MODIFIED') {
      const body = { spec: { publishNotReadyAddresses: false } }
      await cluster.request('PATCH', servicePath, { body, contentType: 'application/merge-patch+json' })
      await expect.poll(read, { timeout: 30_000, interval: 50 }).toBe(true)
    } else {
      await deleteAndSeeItComeBack()
      await deleteAndSeeItComeBack()
    }
  }
  expect(dropped).toBe(1)
  await expectGoodManners(watched)
})

test('W7: events that come twice cause no write of their own', async () => {
  const watchLine = (line: string, watch: PassedWatch): void => watch.send(`${line}\n${line}\n`)
  const watched = await startWatched({ hooks: { watchLine } })
  await untilThere()
  const writes = async (): Promise<string[]> =>
    (await cluster.auditEvents())
      .filter(
        (event) => isStoredWrite(event) && event.userAgent === USER_AGENT && event.objectRef?.namespace === namespace,
      )
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.name}`)
  await sleep(300)
  const before = (await writes()).length
  await deleteAndSeeItComeBack()
  await sleep(300)
  const made = (await writes()).slice(before)
  expect(made.filter((write) => !write.includes('databases/'))).toEqual(['patch services/test-db-pods'])
  // The phase may be shown on the way there and back.
  expect(made.length).toBeLessThanOrEqual(3)
  await expectGoodManners(watched)
})

test('W11: a place that only bookmarks have moved on is resumed without a list', async () => {
  let version = ''
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (version === '' && isWatchOf(watch.request, 'services') && typeOf(line) === 'DELETED') {
      // The server has nothing to tell but that time goes on.
      version = (JSON.parse(line) as { object: KubernetesObject }).object.metadata.resourceVersion ?? ''
      const previous = String(Number(version) - 1)
      watch.send(
        `${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Service', apiVersion: 'v1', metadata: { resourceVersion: previous } } })}\n`,
      )
      watch.end()
    } else watch.send(`${line}\n`)
  }
  const watched = await startWatched({ hooks: { watchLine } })
  await deleteAndSeeItComeBack()
  const resumed = watched.proxy.requests.filter((request) => isWatchOf(request, 'services'))
  expect(resumed[1]?.url).toContain(`resourceVersion=${Number(version) - 1}`)
  expect(listsOf(watched, 'services')).toBe(1)
  await expectGoodManners(watched)
})

/** A cluster whose watches a test speaks for. */
class SpokenCluster extends FakeCluster {
  readonly tells = new Map<string, (event: WatchEvent) => void>()

  override watch(query: ObjectQuery, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    this.tells.set(query.kind, onEvent)
    return super.watch(query, onEvent, signal)
  }
}

test('W12: ten thousand changes of a child at once are one more look', async () => {
  const fake = new SpokenCluster()
  fake.add({
    ...(parse(labManifest()) as KubernetesObject),
    metadata: { name: 'test-db', namespace },
  })
  const ending = new AbortController()
  let looks = 0
  const told = {
    onSynced: () => undefined,
    onQueue: () => undefined,
    onFinished: () => void (looks += 1),
    onInterrupted: () => undefined,
  }
  const running = runController(fake, counters(told, ending.signal))
  await expect.poll(() => looks).toBe(1)
  const service = fake.objects.get(`v1 Service ${namespace}/test-db-pods`)
  for (let version = 100; version < 10_100; version += 1) {
    const metadata = { name: '', ...service?.metadata, resourceVersion: String(version) }
    fake.tells.get('Service')?.({ type: 'modified', object: { ...service, metadata } as KubernetesObject })
  }
  await sleep(300)
  expect(looks).toBeLessThanOrEqual(3)
  ending.abort()
  await running
})

test('W13: a watch that is forbidden for a while is told in a condition, and goes on by itself', async () => {
  let isForbidden = false
  const open = new Set<PassedWatch>()
  const hooks: FaultHooks = {
    answer: (request) => (isForbidden && isWatchOf(request, 'services') ? status(403, 'Forbidden') : undefined),
    watchLine(line, watch) {
      open.add(watch)
      if (isForbidden && isWatchOf(watch.request, 'services')) watch.reset()
      else watch.send(`${line}\n`)
    },
  }
  const watched = await startWatched({ hooks })
  await untilThere()
  isForbidden = true
  await cluster.request('DELETE', servicePath)
  const degraded = async (): Promise<string> => {
    const { body } = await cluster.request('GET', databasePath)
    const { conditions = [] } = (body as { status: { conditions?: { type: string; reason: string }[] } }).status
    return conditions.find(({ type }) => type === 'Degraded')?.reason ?? ''
  }
  await expect.poll(degraded, { timeout: 30_000 }).toBe('Forbidden')
  isForbidden = false
  await untilThere()
  await expect.poll(degraded, { timeout: 30_000 }).toBe('AsExpected')
  await expectGoodManners(watched)
})

test('W14: a credential plugin that fails when a watch is resumed is waited for', async () => {
  const [flag, plugin, kubeconfig] = ['broken', 'plugin', 'plugin.kubeconfig'].map((name) => join(directory, name))
  const { clusters } = parse(stringify(await readConfig())) as { clusters: unknown }
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    clusters,
    users: [{ name: 'it', user: { exec } }],
    contexts: [{ name: 'it', context: { cluster: 'throwaway', user: 'it', namespace } }],
  }
  writeFileSync(kubeconfig ?? '', JSON.stringify(config), { mode: 0o600 })
  const script = `#!/bin/sh
[ ! -e '${flag}' ] || { echo 'the plugin is broken' >&2; exit 1; }
expiry=$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"%s"}}' '${cluster.adminToken}' "$expiry"
`
  writeFileSync(plugin ?? '', script)
  chmodSync(plugin ?? '', 0o755)
  let isCut = false
  const watchLine = (line: string, watch: PassedWatch): void => {
    if (isCut && isWatchOf(watch.request, 'services')) watch.reset()
    else watch.send(`${line}\n`)
  }
  const watched = await startWatched({ hooks: { watchLine }, ...(kubeconfig === undefined ? {} : { kubeconfig }) })
  await untilThere()
  writeFileSync(flag ?? '', '')
  isCut = true
  await cluster.request('DELETE', servicePath)
  await expect.poll(() => watched.interruptions.join('\n'), { timeout: 30_000 }).toContain('Service: CredentialError')
  isCut = false
  rmSync(flag ?? '')
  await untilThere()
  await expectGoodManners(watched)
})

async function readConfig(): Promise<unknown> {
  const { stdout } = await cluster.kubectl(['config', 'view', '--raw', '-o', 'json'])
  return JSON.parse(stdout) as unknown
}

test('W15: ended while it lists, opens a stream or waits, nothing starts later; started anew, there is one stream of each kind', async () => {
  const hooks: FaultHooks = {
    async before({ url }) {
      if (url.includes('/services?') && !url.includes('watch=true')) await sleep(1000)
    },
  }
  const listing = await startWatched({ hooks }, false)
  await expect.poll(() => listsOf(listing, 'services')).toBe(1)
  await listing.stop()
  await expectGoodManners(listing)

  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held: FaultHooks = {
    async after(request) {
      if (!isWatchOf(request, 'services')) return
      asked.resolve()
      await answered.promise
    },
  }
  const opening = await startWatched({ hooks: held })
  await asked.promise
  await opening.stop()
  answered.resolve()
  await sleep(100)
  await expectGoodManners(opening)

  const waiting = await startWatched({ hooks: { answer: () => status(503, 'ServiceUnavailable') } }, false)
  await expect.poll(() => waiting.proxy.requests.length, { timeout: 30_000 }).toBeGreaterThan(3)
  await waiting.stop()
  await expectGoodManners(waiting)

  const anew = await startWatched()
  // Of one kind there may be two, of different objects: what a selector chooses.
  const paths = (): string[] =>
    anew.proxy.openWatches().map(({ url }) => {
      const { pathname, searchParams } = new URL(url, 'https://server')
      return `${pathname} ${searchParams.get('labelSelector')}`
    })
  await expect.poll(() => paths().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(10)
  await deleteAndSeeItComeBack()
  expect(new Set(paths()).size).toBe(paths().length)
  await expectGoodManners(anew)
})

/** Ends the Database whatever holds it, and makes it again under its name. @returns the uids of both */
async function makeDatabaseAgain(): Promise<{ readonly before: string; readonly after: string }> {
  const before = await databaseUid()
  await cluster.request('DELETE', databasePath)
  await cluster.request('PATCH', databasePath, {
    body: { metadata: { finalizers: null } },
    contentType: 'application/merge-patch+json',
  })
  await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { stdin: labManifest() })
  const after = await databaseUid()
  expect(after).not.toBe(before)
  return { before, after }
}

async function databaseUid(): Promise<string> {
  const { body } = await cluster.request('GET', databasePath)
  return (body as KubernetesObject).metadata.uid ?? ''
}

/**
 * Waits until the Service belongs to the Database of that uid. What belongs to a former one is in the way until the garbage
 * collector has taken it, which hears of a new definition after half a minute.
 */
async function untilOwnedBy(uid: string): Promise<void> {
  const owner = async (): Promise<string | undefined> => {
    const { body } = await cluster.request('GET', servicePath)
    return (body as Partial<KubernetesObject>).metadata?.ownerReferences?.[0]?.uid
  }
  await expect.poll(owner, { timeout: 90_000, interval: 100 }).toBe(uid)
}

/** What was sent as the status of a Database of that uid, in order, with the server's answer. */
async function statusesOf(uid: string): Promise<{ readonly phase: string; readonly code: number | undefined }[]> {
  return (await cluster.auditEvents()).flatMap(({ objectRef, requestObject, responseStatus }) => {
    const sent = requestObject as { metadata?: { uid?: string }; status?: { phase: string } } | undefined
    if (objectRef?.resource !== 'databases' || objectRef.subresource !== 'status' || sent?.metadata?.uid !== uid)
      return []
    return [{ phase: sent.status?.phase ?? '', code: responseStatus?.code }]
  })
}

test('W10: a database that was deleted and made again while nobody watched is another one', async () => {
  let isGone = false
  const hooks: FaultHooks = {
    answer: () => (isGone ? status(503, 'ServiceUnavailable') : undefined),
    watchLine(line, watch) {
      if (isGone) watch.reset()
      else watch.send(`${line}\n`)
    },
  }
  const watched = await startWatched({ hooks })
  await untilThere()
  isGone = true
  const { after } = await makeDatabaseAgain()
  isGone = false
  await untilOwnedBy(after)
  expect((await statusesOf(after))[0]).toEqual({ phase: 'Pending', code: 200 })
  await expectGoodManners(watched, 30)
})

test('W16: a status that was on its way when its database was made again is not stored on the new one', async () => {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isDue = false
  const hooks: FaultHooks = {
    async before({ method, url }) {
      if (!isDue || method !== 'PATCH' || !url.startsWith(`${databasePath}/status`)) return
      isDue = false
      asked.resolve()
      await released.promise
    },
  }
  const watched = await startWatched({ hooks })
  await untilThere()
  isDue = true
  // Whatever phase it is in, the status speaks of the new spec.
  await cluster.request('PATCH', databasePath, {
    body: { spec: { parameters: { work_mem: '8MB' } } },
    contentType: 'application/merge-patch+json',
  })
  await asked.promise
  const { before, after } = await makeDatabaseAgain()
  released.resolve()
  await untilOwnedBy(after)
  expect((await statusesOf(before)).at(-1)?.code).toBe(409)
  expect((await statusesOf(after))[0]).toEqual({ phase: 'Pending', code: 200 })
  await expectGoodManners(watched, 30)
})
