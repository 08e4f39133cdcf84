/**
 * The local node: a stand-in for a kubelet (and for a scheduler and a storage driver) that runs the containers of pods
 * as processes of this machine, with real PostgreSQL in them.
 *
 * Responsibilities: one Node object, the pods on it, their volumes, the kubelet's endpoint for logs and port forwards.
 *
 * What it is not: a container runtime. Processes see the host's file system and network; only values in their
 * environment that name a mounted path are rewritten, `PGPORT` is replaced by a port of the pod's own, `PGLISTEN` by
 * the loopback address, `PGPRIMARYHOST` and `PGPRIMARYPORT` by a port that leads to the pod of that name. Users, capabilities, resource limits and read-only file systems are not enforced.
 */
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { ApiClient } from '../api-client.ts'
import type { WatchEvent } from '../api-client.ts'
import { canReach, chooseAccount } from './account.ts'
import { EventRecorder } from './events.ts'
import { settlePod } from './instant.ts'
import { KubeletServer } from './kubelet-server.ts'
import { misbehaviourConfigMap, misbehaviourOf } from './misbehaviour.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import { objectKey } from './objects.ts'
import type { ConfigMap, Pod, Secret } from './objects.ts'
import { PodAddressPool } from './pod-addresses.ts'
import { PodRelays } from './pod-relays.ts'
import type { NodeContext } from './pod-context.ts'
import { PodWorker } from './pod.ts'
import { Processes } from './processes.ts'
import { ProgramFinder } from './programs.ts'
import type { Programs } from './programs.ts'
import { Provisioner } from './provisioner.ts'
import { placeQuickPrograms } from './quick-programs.ts'
import { Registration } from './registration.ts'
import { Scheduler } from './scheduler.ts'

/** How to start a node. */
export interface NodeOptions {
  /** The cluster to join; `adminToken` has to be allowed everything. */
  readonly controlPlane: {
    readonly server: string
    readonly certificateAuthority: string
    readonly adminToken: string
  }
  /**
   * Where volumes, logs and sockets go; other users have to get there, and its path has to be short, because the paths
   * of Unix sockets are limited to about 100 bytes. It is kept.
   *
   * @default a new directory for temporary files, removed at the end
   */
  readonly directory?: string
  /** @default local-node */
  readonly name?: string
  /**
   * `processes` runs containers; `instant` shows every pod as ready at once and runs nothing.
   *
   * @default processes
   */
  readonly mode?: 'processes' | 'instant'
  /** First back-off after repeated failures, in milliseconds; the kubelet's is 10000. @default 1000 */
  readonly backOffMs?: number
  /**
   * Startup probes come five times as often, `sleep` in a container takes a fifth of its time, and `initdb` copies what
   * it made before: for tests, which would only wait.
   *
   * @default false
   */
  readonly quick?: boolean
  /**
   * What the node has to give; nothing enforces it, it decides which pods fit.
   *
   * @default at least 64 processors, so that small machines run many small pods; this machine's memory; 110 pods (10000
   * when instant)
   */
  readonly allocatable?: Readonly<Record<string, string>>
  /** Gets diagnostics, a line each. @default nowhere */
  readonly log?: (line: string) => void
}

/** A running node. */
export interface LocalNode {
  readonly name: string
  readonly directory: string
  /** The user that runs the containers. */
  readonly account: string
  /** Makes a pod misbehave, in addition to what its annotation says; `{}` ends it. Key: `namespace/name`. */
  misbehave(pod: string, faults: Misbehaviour): void
  /** Writes the node's Ready condition. */
  setReady(ready: boolean): Promise<void>
  /** Process id of a running container, by default of the pod's first; for killing it. */
  processId(pod: string, container?: string): number | undefined
  /** Volume directories, for looking at what a pod has left. Key: name of the PersistentVolume. */
  volumeDirectory(volume: string): string
  /** The PostgreSQL programs that stand for images of a major; nothing when this machine has none. */
  programs(major: number): Promise<Programs | undefined>
  /** The node loses its power: everything on it is killed, nothing is reported; the Node object stays. */
  vanish(): Promise<void>
  /** Ends all processes, watches and the endpoint. Objects in the cluster stay as they are. */
  stop(): Promise<void>
}

const makeDirectory = async (wanted: string | undefined): Promise<string> => {
  const directory = wanted ?? (await mkdtemp(join(tmpdir(), 'cdk8s-node-')))
  await mkdir(directory, { recursive: true })
  // Containers run as another user when we are root.
  await chmod(directory, 0o755)
  for (const part of ['p', 'pv', 'bin']) await mkdir(join(directory, part), { recursive: true, mode: 0o755 })
  return directory
}

/** Starts a node and resolves when it is Ready. Call `stop` at the end; a killed process leaves nothing either. */
export async function startNode(options: NodeOptions): Promise<LocalNode> {
  const { server, certificateAuthority, adminToken: token } = options.controlPlane
  const { name = 'local-node', mode = 'processes', log = () => undefined } = options
  const account = await chooseAccount()
  const directory = await makeDirectory(options.directory)
  if (!(await canReach(account, directory))) {
    throw new Error(
      `user ${account.name}, who runs the containers, cannot get to ${directory}: choose another directory`,
    )
  }
  const api = new ApiClient({ server, certificateAuthority, token })
  const isTemporary = options.directory === undefined
  const processes = new Processes(account, directory, isTemporary)
  const standIns = join(directory, 'bin')
  await copyFile(join(import.meta.dirname, 'pg_isready'), join(standIns, 'pg_isready'))
  const quick = options.quick === true ? await placeQuickPrograms(join(directory, 'quick'), account) : undefined
  const allocatable = options.allocatable ?? {
    cpu: String(Math.max(availableParallelism(), 64)),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: mode === 'instant' ? '10000' : '110',
    'ephemeral-storage': '100Gi',
  }
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' }
  const events = new EventRecorder(api, 'kubelet', name)
  const configMaps = new Map<string, ConfigMap>()
  const faults = new Map<string, Misbehaviour>()
  const context: NodeContext = {
    name,
    hostIP: '127.0.0.1',
    directory,
    allocatable,
    api,
    account,
    events,
    processes,
    programs: new ProgramFinder(join(directory, 'programs'), account),
    images: new Set(),
    backOffMs: options.backOffMs ?? 1000,
    standIns,
    quick,
    log,
    relays: new PodRelays((namespace, podName, port) => findPod(namespace, podName)?.localPort(port)),
    pods: () => [...workers.values()],
    misbehaviourOf: (pod) => {
      const own = faults.get(objectKey(pod))
      try {
        return { ...misbehaviourOf(pod, configMaps.get(pod.metadata.namespace ?? '')), ...own }
      } catch (error) {
        log(`faults asked for ${objectKey(pod)} are not understood: ${String(error)}`)
        return own ?? {}
      }
    },
  }

  const workers = new Map<string, PodWorker>()
  const pods = new Map<string, Pod>()
  const addresses = new PodAddressPool()
  const watching = new AbortController()
  const provisioner = new Provisioner({
    api,
    events,
    account,
    nodeName: name,
    directory: join(directory, 'pv'),
    isInstant: mode === 'instant',
    log,
  })
  const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'
  const scheduler = new Scheduler({
    api,
    events,
    world: {
      nodeName: name,
      nodeLabels: labels,
      allocatable,
      claim: (namespace, claimName) => provisioner.claim(namespace, claimName),
      storageClass: (className) => provisioner.storageClass(className),
    },
    placed: () => [...pods.values()].filter((pod) => pod.spec.nodeName === name && !hasEnded(pod)),
    isUnschedulable: (pod) => context.misbehaviourOf(pod).unschedulable === true,
    log,
  })
  const background = (what: string, work: Promise<void>): void => {
    work.catch((error: unknown) => log(`${what}: ${String(error)}`))
  }

  const onPod = (event: WatchEvent<Pod>): void => {
    const pod: Pod = { ...event.object, apiVersion: 'v1', kind: 'Pod' }
    const uid = pod.metadata.uid ?? ''
    if (event.type === 'DELETED') {
      pods.delete(uid)
      scheduler.delete(uid)
      addresses.release(uid)
      const worker = workers.get(uid)
      workers.delete(uid)
      if (worker !== undefined) background(`removing pod ${objectKey(pod)}`, worker.remove())
      scheduler.kick()
      return
    }
    pods.set(uid, pod)
    if ((pod.spec.nodeName ?? '') === '') return scheduler.add(pod)
    scheduler.delete(uid)
    if (pod.spec.nodeName !== name) return
    const podIP = addresses.take(uid, pod.status?.podIP)
    if (mode === 'instant') return background(`pod ${objectKey(pod)}`, settlePod(context, pod, podIP))
    const known = workers.get(uid)
    if (known !== undefined) return known.update(pod)
    const worker = new PodWorker(context, pod, podIP)
    workers.set(uid, worker)
    if (pod.metadata.deletionTimestamp === undefined && !hasEnded(pod)) worker.start()
    worker.update(pod)
  }
  const refresh = (kind: 'Secret' | 'ConfigMap', { metadata }: ConfigMap | Secret): void => {
    for (const worker of workers.values()) {
      const isSame = worker.pod.metadata.namespace === metadata.namespace
      if (isSame && worker.shows(kind, metadata.name)) worker.refreshVolumes()
    }
  }
  const onConfigMap = (event: WatchEvent<ConfigMap>): void => {
    const { name: mapName, namespace = '' } = event.object.metadata
    if (mapName !== misbehaviourConfigMap) return refresh('ConfigMap', event.object)
    if (event.type === 'DELETED') configMaps.delete(namespace)
    else configMaps.set(namespace, event.object)
    for (const worker of workers.values()) if (worker.pod.metadata.namespace === namespace) worker.touch()
  }

  const findPod = (namespace: string, podName: string): PodWorker | undefined =>
    [...workers.values()].find(({ pod }) => objectKey(pod) === `${namespace}/${podName}`)
  const kubelet = new KubeletServer(name, findPod)
  const port = await kubelet.listen()
  const registration = new Registration(api, { name, hostIP: '127.0.0.1', port, labels, allocatable })

  let ended: Promise<void> | undefined
  const end = async (): Promise<void> => {
    watching.abort()
    scheduler.stop()
    registration.stop()
    const vanishing = [...workers.values()].map((worker) => worker.vanish())
    await processes.stop()
    await Promise.all(vanishing)
    await events.flush()
    await kubelet.close()
    await context.relays.close()
    api.close()
    if (isTemporary) await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const stop = (): Promise<void> => (ended ??= end())

  try {
    await registration.start()
    const { signal } = watching
    await provisioner.start(signal, () => scheduler.kick())
    await api.follow<ConfigMap>('/api/v1/configmaps', onConfigMap, { signal })
    if (mode === 'processes') {
      await api.follow<Secret>('/api/v1/secrets', ({ object }) => refresh('Secret', object), { signal })
    }
    await api.follow<Pod>('/api/v1/pods', onPod, { signal })
  } catch (error) {
    await stop()
    throw error
  }

  return {
    name,
    directory,
    account: account.name,
    misbehave: (pod, wanted) => {
      faults.set(pod, wanted)
      for (const worker of workers.values()) if (objectKey(worker.pod) === pod) worker.touch()
      scheduler.kick()
    },
    setReady: (ready) => registration.setReady(ready),
    processId: (pod, container) => {
      const [namespace = '', podName = ''] = pod.split('/')
      return findPod(namespace, podName)?.container(container)?.processId
    },
    volumeDirectory: (volume) => join(directory, 'pv', volume),
    programs: (major) => context.programs.find(major),
    vanish: stop,
    stop,
  }
}
