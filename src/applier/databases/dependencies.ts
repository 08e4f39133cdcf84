import { lookup } from 'node:dns/promises'
import { BlockList, connect, isIP } from 'node:net'
import type { Database } from '../../api/database.ts'
import type { RequiredObject } from '../../api/dependency-schema.ts'
import type { DependencyObservation } from '../../phases/world.ts'
import { isKindNotServed } from '../../cluster/error-guards.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'

/** How long a dependency may take to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000

/** How an address is tried. Replaced in tests. */
export interface AddressProbe {
  /** Whether something accepts a TCP connection there. */
  reaches(host: string, port: number): Promise<boolean>
}

/** Addresses that a manifest must not make us connect to, also when a name resolves to one of them. */
const refusedAddresses = new BlockList()
refusedAddresses.addSubnet('0.0.0.0', 8, 'ipv4')
refusedAddresses.addSubnet('127.0.0.0', 8, 'ipv4')
refusedAddresses.addSubnet('169.254.0.0', 16, 'ipv4')
refusedAddresses.addAddress('::', 'ipv6')
refusedAddresses.addAddress('::1', 'ipv6')
refusedAddresses.addSubnet('fe80::', 10, 'ipv6')
refusedAddresses.addAddress('fd00:ec2::254', 'ipv6')
// Metadata services of other clouds.
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) refusedAddresses.addAddress(address, 'ipv4')

/** Whether an IP address is loopback, link-local or a metadata service. */
export function isRefusedAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && refusedAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Resolves the name once and connects to that very address, so that it cannot change in between. */
export const tcpProbe: AddressProbe = {
  async reaches(host, port) {
    try {
      const { address } = await lookup(host)
      return isRefusedAddress(address) ? false : await accepts(address, port)
    } catch {
      return false // A name that does not resolve is an address that does not answer.
    }
  },
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_TIMEOUT_MS })
    const settle = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

/** Checks `spec.dependencies`, all at once. Only reachable or unreachable is ever told about an address. */
export function checkDependencies(
  api: ClusterApi,
  database: Database,
  probe: AddressProbe,
): Promise<DependencyObservation[]> {
  const { namespace = 'default' } = database.metadata
  return Promise.all(
    (database.spec.dependencies ?? []).map(async ({ object, address }): Promise<DependencyObservation> => {
      if (object !== undefined) return checkObject(api, namespace, object)
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? []
      const available = await probe.reaches(host.replace(/^\[|\]$/g, ''), Number(port))
      return { name: address, available, message: available ? 'reachable' : 'unreachable' }
    }),
  )
}

async function checkObject(
  api: ClusterApi,
  namespace: string,
  dependency: Readonly<RequiredObject>,
): Promise<DependencyObservation> {
  const { apiVersion, kind, name, condition } = dependency
  const label = `${kind} ${name}`
  try {
    const namespaced = await api.isNamespaced(apiVersion, kind)
    const live = await api.get({ apiVersion, kind, name, ...(namespaced ? { namespace } : {}) })
    if (live === undefined) return { name: label, available: false, message: 'does not exist' }
    if (condition === undefined) return { name: label, available: true, message: 'exists' }
    const status = live['status'] as { conditions?: { type: string; status: string }[] } | undefined
    const value = status?.conditions?.find(({ type }) => type === condition)?.status ?? 'absent'
    return { name: label, available: value === 'True', message: `condition ${condition} is ${value}` }
  } catch (error) {
    if (isKindNotServed(error))
      return { name: label, available: false, message: `the cluster does not know ${kind} of ${apiVersion}` }
    throw error
  }
}
