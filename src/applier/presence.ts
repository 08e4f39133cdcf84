import type { ObjectReference } from '../api/object.ts'
import type { ApplyItem, ApplySet } from './apply-set.ts'
import type { ClusterApi } from './cluster-api.ts'

/** What of a set can be judged by the server already. */
export interface Presence {
  /** What an object waits for that stands in the same set and does not exist yet; `undefined` where nothing is missing. */
  missing(reference: ObjectReference): 'namespace' | 'definition' | undefined
}

/** Looks which namespaces and definitions of a set exist: what is in or of the others cannot be judged yet. */
export async function presenceOf(api: ClusterApi, { others }: ApplySet): Promise<Presence> {
  const absent = async (kind: string): Promise<readonly ApplyItem[]> => {
    const items = others.filter(({ reference }) => reference.kind === kind)
    const live = await Promise.all(items.map(({ reference }) => api.get(reference)))
    return items.filter((_, index) => live[index] === undefined)
  }
  const [namespaces, definitions] = await Promise.all([absent('Namespace'), absent('CustomResourceDefinition')])
  const missingNamespaces = new Set(namespaces.map(({ reference }) => reference.name))
  const missingKinds = new Set(
    definitions.map(({ object }) => {
      const spec = object['spec'] as { group?: string; names?: { kind?: string } } | undefined
      return `${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`
    }),
  )
  const isToBeDefined = (apiVersion: string, kind: string): boolean =>
    missingKinds.has(`${apiVersion.split('/')[0]}/${kind}`)
  return {
    missing({ apiVersion, kind, namespace }) {
      if (isToBeDefined(apiVersion, kind)) return 'definition'
      return missingNamespaces.has(namespace ?? '') ? 'namespace' : undefined
    },
  }
}
