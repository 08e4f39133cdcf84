import { canonicalQuantity } from '../api/canonical-quantity.ts'
import { parseQuantity, quantityUnits } from '../api/quantity.ts'
import type { DatabaseSpec } from '../api/spec.ts'

/** CPU and memory where the spec names none: enough for a small database, and Guaranteed. */
export const DEFAULT_RESOURCES = { cpu: '500m', memory: '512Mi' } as const

/** Requests and limits as they stand in a container. */
export interface ContainerResources {
  readonly requests: { readonly cpu: string; readonly memory: string }
  readonly limits: { readonly cpu: string; readonly memory: string }
}

/**
 * The container's resources: what is named on one side holds for the other too, what is named nowhere has a default.
 * Equal requests and limits make the pod Guaranteed, the last to be evicted.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function containerResources(spec: DatabaseSpec): ContainerResources {
  return filledResources(spec.resources ?? {}, { requests: DEFAULT_RESOURCES, limits: DEFAULT_RESOURCES })
}

/** The same of any resources. @param defaults for what is named on neither side */
export function filledResources(
  { requests, limits }: NonNullable<DatabaseSpec['resources']>,
  defaults: ContainerResources,
): ContainerResources {
  const side = (
    first: typeof requests,
    second: typeof requests,
    last: ContainerResources['requests'],
  ): ContainerResources['requests'] => ({
    cpu: asStored(first?.cpu ?? second?.cpu ?? last.cpu),
    memory: asStored(first?.memory ?? second?.memory ?? last.memory),
  })
  return { requests: side(requests, limits, defaults.requests), limits: side(limits, requests, defaults.limits) }
}

/** The memory limit in bytes. Every database has one, so that memory settings can follow from it. */
export function memoryLimitBytes(spec: DatabaseSpec): number {
  return Number(quantityUnits(containerResources(spec).limits.memory) ?? 0n)
}

/** The volume's size in bytes. */
export function storageBytes(spec: DatabaseSpec): number {
  return Number(quantityUnits(spec.storage.size) ?? 0n)
}

/** A quarter of the memory limit, in whole mebibytes, for /dev/shm; it counts against the limit. */
export function sharedMemoryQuantity(spec: DatabaseSpec): string {
  const mebibyte = (parseQuantity('1Mi') ?? 1n) / 1_000_000_000n
  const quarter = (quantityUnits(containerResources(spec).limits.memory) ?? 0n) / 4n / mebibyte
  return asStored(`${quarter}Mi`)
}

/** The volume's size as it stands in the claim template. */
export function storageQuantity(spec: DatabaseSpec): string {
  return asStored(spec.storage.size)
}

/**
 * A quantity as the server writes it back in the kinds that it knows (`2048Mi` is `2Gi`): a manifest that says it another
 * way differs from the live object by its text, which a tool that compares texts would correct for ever.
 */
export function asStored(quantity: string | number): string {
  return canonicalQuantity(quantity) ?? String(quantity)
}
