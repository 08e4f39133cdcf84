/** The cluster of a benchmark: a control plane of its own, a node whose pods are ready at once, one stub for all logins. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CONFIGURATION_HASH, settingsOf } from '../src/api/configuration-file.ts'
import { scramVerifier } from '../src/postgres/scram.ts'
import { ApiClient } from '../test/cluster/api-client.ts'
import type { ApiObject } from '../test/cluster/api-client.ts'
import { startControlPlane } from '../test/cluster/control-plane.ts'
import type { ControlPlane } from '../test/cluster/control-plane.ts'
import { KubeletServer } from '../test/cluster/node/kubelet-server.ts'
import { startNode } from '../test/cluster/node/node.ts'
import type { PodWorker } from '../test/cluster/node/pod.ts'
import { startNetwork } from './network.ts'
import type { Network } from './network.ts'
import { startPostgresStub } from './postgres-stub.ts'
import { processFigures } from './process-figures.ts'
import { RequestCounter } from './requests.ts'

/** A running cluster. */
export interface BenchCluster {
  readonly controlPlane: ControlPlane
  readonly api: ApiClient
  /** Where the programs go: the API server, or the network in front of it. */
  readonly kubeconfig: string
  /** Where traffic is counted, or the server is some way off. */
  readonly network: Network | undefined
  /** Only where requests are counted. */
  readonly requests: RequestCounter | undefined
  /** Logins that the stub let in. */
  logins(): number
  /** Processor time of etcd, API server and controller manager so far. */
  cpuSeconds(): Promise<number>
  stop(): Promise<void>
}

/** How to start one. */
export interface BenchClusterOptions {
  /** Requests and bytes are counted; that costs time, so such a cluster measures none. */
  readonly counted: boolean
  /** How far the programs are from the API server, in milliseconds; the cluster's own are not. @default 0 */
  readonly roundTripMs?: number
  /** Requests are counted by the API server's own record, which costs little; `Request` keeps their bodies, too. */
  readonly audit?: 'Metadata' | 'Request'
  readonly log: (line: string) => void
}

/** The node has room for everything; nothing runs on it. */
const ALLOCATABLE = { cpu: '1000000', memory: '1000Ti', pods: '1000000', 'ephemeral-storage': '1000Ti' }

const NODE_NAME = 'bench-node'
const STUB_VERSION = 180_004

/** Brings one up. Everything it started ends with this process, however that ends. */
export async function startBenchCluster(options: BenchClusterOptions): Promise<BenchCluster> {
  const started = new AsyncDisposableStack()
  try {
    return await startParts(options, started)
  } catch (error) {
    await started.disposeAsync()
    throw error
  }
}

async function startParts(options: BenchClusterOptions, started: AsyncDisposableStack): Promise<BenchCluster> {
  const { counted, roundTripMs = 0, log, audit = counted ? 'Metadata' : undefined } = options
  const controlPlane = await startControlPlane({ log, ...(audit === undefined ? {} : { audit }) })
  started.defer(() => controlPlane.stop())
  const api = new ApiClient({
    server: controlPlane.server,
    certificateAuthority: controlPlane.certificateAuthority,
    token: controlPlane.adminToken,
  })
  started.defer(() => api.close())
  const watching = new AbortController()
  started.defer(() => watching.abort())
  const node = await startNode({ controlPlane, name: NODE_NAME, mode: 'instant', allocatable: ALLOCATABLE, log })
  started.defer(() => node.stop())

  const verifiers = await followVerifiers(api, watching.signal)
  const configurations = await followConfigurations(api, watching.signal)
  const stub = await startPostgresStub(
    { verifierOf: ({ database }) => verifiers(database), configurationOf: ({ database }) => configurations(database) },
    STUB_VERSION,
  )
  started.defer(() => stub.stop())
  const kubelet = await startStubKubelet(api, stub.port)
  started.defer(() => kubelet.close())

  const serverPort = Number(new URL(controlPlane.server).port)
  const network = counted || roundTripMs > 0 ? await startNetwork(serverPort, { roundTripMs }) : undefined
  if (network !== undefined) started.defer(() => network.stop())
  const kubeconfig = network === undefined ? controlPlane.kubeconfig : networkKubeconfig(controlPlane, network)
  return {
    controlPlane,
    api,
    kubeconfig,
    network,
    requests: controlPlane.auditLog === undefined ? undefined : new RequestCounter(controlPlane.auditLog),
    logins: () => stub.logins(),
    cpuSeconds: async () => {
      const pids = Object.values(await controlPlane.processes())
      return pids.reduce((sum, pid) => sum + processFigures(pid).cpuSeconds, 0)
    },
    stop: () => started.disposeAsync(),
  }
}

/** The kubeconfig with the network in the server's place. */
function networkKubeconfig({ directory, kubeconfig, server }: ControlPlane, { port }: Network): string {
  const file = join(directory, 'network.kubeconfig')
  const text = readFileSync(kubeconfig, 'utf8').replaceAll(server, `https://127.0.0.1:${port}`)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

interface Secret extends ApiObject {
  readonly data?: Readonly<Record<string, string>>
}

const PASSWORD_WITHIN_MS = 5000
const LOOK_EVERY_MS = 20

/**
 * Reads every password as it appears, as the bootstrap of each server would, and keeps its verifier. The stub itself
 * knows no secret before the cluster holds it.
 */
async function followVerifiers(
  api: ApiClient,
  signal: AbortSignal,
): Promise<(database: string) => Promise<string | undefined>> {
  const known = new Map<string, string>()
  await api.follow<Secret>(
    '/api/v1/secrets',
    ({ type, object: { metadata, data } }) => {
      const password = data?.['password']
      const name = /^(.*)-credentials$/.exec(metadata.name)?.[1]
      if (type === 'DELETED' || password === undefined || name === undefined) return
      // Databases are named after their resource, see databaseFacts().
      const text = Buffer.from(password, 'base64').toString('utf8')
      known.set(name.replaceAll('-', '_'), scramVerifier(text, randomBytes(16)))
    },
    { signal },
  )
  return async (database) => {
    const deadline = Date.now() + PASSWORD_WITHIN_MS
    while (!known.has(database) && Date.now() < deadline) await delay(LOOK_EVERY_MS)
    return known.get(database)
  }
}

interface ConfigMap extends ApiObject {
  readonly data?: Readonly<Record<string, string>>
}

/** Reads what every server would run with as soon as its ConfigMap says it, as if the node delivered it at once. */
async function followConfigurations(
  api: ApiClient,
  signal: AbortSignal,
): Promise<(database: string) => string | undefined> {
  const known = new Map<string, string>()
  await api.follow<ConfigMap>(
    '/api/v1/configmaps',
    ({ type, object: { metadata, data } }) => {
      const hash = settingsOf(data?.['postgresql.conf'] ?? '').get(CONFIGURATION_HASH)
      const name = /^(.*)-config$/.exec(metadata.name)?.[1]
      if (type !== 'DELETED' && hash !== undefined && name !== undefined) known.set(name.replaceAll('-', '_'), hash)
    },
    { signal },
  )
  return (database) => known.get(database)
}

/** Forwards every port of every pod to the stub: the node's own endpoint knows only pods that it runs. */
async function startStubKubelet(api: ApiClient, stubPort: number): Promise<KubeletServer> {
  const everyPod = { pod: { metadata: {} }, localPort: () => stubPort } as unknown as PodWorker
  const kubelet = new KubeletServer(NODE_NAME, () => everyPod)
  const port = await kubelet.listen()
  const status = { daemonEndpoints: { kubeletEndpoint: { Port: port } } }
  await api.merge(`/api/v1/nodes/${NODE_NAME}/status`, { status })
  return kubelet
}
