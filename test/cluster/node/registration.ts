/** The Node object and the lease by which the cluster knows that the node is alive. */
import { ApiError } from '../api-client.ts'
import type { ApiClient } from '../api-client.ts'
import { timestamp } from './objects.ts'

/** What the node says about itself. */
export interface NodeDescription {
  readonly name: string
  readonly hostIP: string
  /** Port of the kubelet's HTTPS endpoint. */
  readonly port: number
  readonly labels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
}

/** The kubelet renews its lease four times within the lease's duration of 40 s. */
const leaseDurationSeconds = 40
const heartbeatMs = 10_000

const status = ({ name, hostIP, port, allocatable }: NodeDescription, isReady: boolean): unknown => {
  const now = timestamp()
  const condition = (type: string, value: boolean, reason: string, message: string): unknown => ({
    type,
    status: value ? 'True' : 'False',
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  })
  return {
    capacity: allocatable,
    allocatable,
    addresses: [
      { type: 'InternalIP', address: hostIP },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    conditions: [
      condition('MemoryPressure', false, 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', false, 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', false, 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      isReady
        ? condition('Ready', true, 'KubeletReady', 'kubelet is posting ready status')
        : condition('Ready', false, 'KubeletNotReady', 'the local node was told not to be ready'),
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '',
      osImage: 'processes on the host (a stand-in, not a kubelet)',
      containerRuntimeVersion: 'local://1',
      kubeletVersion: 'v1.36.2',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    },
  }
}

/** Keeps the node registered. */
export class Registration {
  readonly #api: ApiClient
  readonly #node: NodeDescription
  #timer: NodeJS.Timeout | undefined

  constructor(api: ApiClient, node: NodeDescription) {
    this.#api = api
    this.#node = node
  }

  /** Registers the node, or takes over the registration of a node of this name, and keeps its lease. */
  async start(): Promise<void> {
    const { name, labels } = this.#node
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} }
    try {
      await this.#api.create('/api/v1/nodes', object)
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409)) throw error
    }
    await this.setReady(true)
    await this.#renew()
    // A renewal that fails is made up for by the next.
    this.#timer = setInterval(() => void this.#renew().catch(() => undefined), heartbeatMs)
    this.#timer.unref()
  }

  /** Writes the node's status. */
  async setReady(isReady: boolean): Promise<void> {
    await this.#api.merge(`/api/v1/nodes/${this.#node.name}/status`, { status: status(this.#node, isReady) })
  }

  /** No more heartbeats; the Node object stays as it is. */
  stop(): void {
    clearInterval(this.#timer)
  }

  async #renew(): Promise<void> {
    const { name } = this.#node
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    }
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`
    await this.#api.apply(path, lease, 'local-node', { force: true })
  }
}
