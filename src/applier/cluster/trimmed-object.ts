import type { KubernetesObject } from '../../api/object.ts'

/** What of a container the phases read. */
interface Container {
  readonly name?: string
  readonly image?: string
}

/**
 * An object without what is of no use once planning has judged it, for a view that keeps thousands: the lists of owned
 * fields (who wrote when stays), a StatefulSet's template, and of a pod's containers everything but name and image.
 */
export function trimmed(object: KubernetesObject): KubernetesObject {
  const { managedFields, ...metadata } = object.metadata
  const writers = managedFields?.map(({ fieldsV1: _fields, ...writer }) => writer)
  return {
    ...object,
    metadata: { ...metadata, ...(writers === undefined ? {} : { managedFields: writers }) },
    ...trimmedSpec(object),
  }
}

function trimmedSpec({ kind, spec }: KubernetesObject): { spec?: object } {
  if (typeof spec !== 'object' || spec === null) return {}
  if (kind === 'StatefulSet') return { spec: { replicas: (spec as { replicas?: number }).replicas } }
  if (kind === 'Job') return { spec: {} }
  if (kind !== 'Pod') return {}
  const { containers, initContainers } = spec as {
    containers?: readonly Container[]
    initContainers?: readonly Container[]
  }
  const named = (list: readonly Container[] | undefined): Container[] =>
    (list ?? []).map(({ name, image }) => ({
      ...(name === undefined ? {} : { name }),
      ...(image === undefined ? {} : { image }),
    }))
  return { spec: { containers: named(containers), initContainers: named(initContainers) } }
}
