/** What a pod may ask about itself: fields of its own object and the resources of its containers. */
import type { Pod } from './objects.ts'
import { parseQuantity } from './quantity.ts'

const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/

const formatMap = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')

/** Addresses that are known before the pod's status says them. */
export interface PodAddresses {
  readonly podIP: string
  readonly hostIP: string
}

/** The value of a `fieldRef`. Throws for a path that is not supported. */
export function fieldValue(pod: Pod, fieldPath: string, addresses: PodAddresses): string {
  const key = subscript.exec(fieldPath)
  if (key !== null) return pod.metadata[key[1] === 'labels' ? 'labels' : 'annotations']?.[key[2] ?? ''] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.podIP':
    case 'status.podIPs':
      return addresses.podIP
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses.hostIP
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}

/** A `resourceFieldRef`, together with the container whose resources it means when it names none. */
export interface ResourceField {
  readonly resource: string
  readonly containerName?: string
  readonly divisor?: string
}

/**
 * The value of a `resourceFieldRef` such as `limits.memory`: in units of the divisor, rounded up. A limit that is not
 * set is what the node has.
 */
export function resourceValue(
  pod: Pod,
  field: ResourceField,
  ownContainer: string,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [section, resource = ''] = field.resource.split(/\.(.*)/)
  const name = field.containerName ?? ownContainer
  const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find((each) => each.name === name)
  if (container === undefined) throw new Error(`container ${name} not found`)
  const { limits, requests } = container.resources ?? {}
  const quantity =
    section === 'requests' ? (requests?.[resource] ?? '0') : (limits?.[resource] ?? allocatable[resource])
  if (quantity === undefined) throw new Error(`unsupported resource: ${field.resource}`)
  const divisor = field.divisor === undefined || field.divisor === '0' ? '1' : field.divisor
  return String(Math.ceil(parseQuantity(quantity) / parseQuantity(divisor)))
}
