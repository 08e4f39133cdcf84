import type { ObjectReference } from '../../api/object.ts'
import type { ApplyItem, ApplySet } from '../set/apply-set.ts'
import type { ClusterApi } from '../cluster/cluster-api.ts'
import { readLive } from '../cluster/live-objects.ts'

/** What of a set can be judged by the server already. */
export interface Presence {
  /** What an object waits for that stands in the same set and does not exist yet; `undefined` where nothing is missing. */
  missing(reference: ObjectReference): 'namespace' | 'definition' | undefined
  /** The definition of a kind that stands in the same set. */
  definitionOf(reference: ObjectReference): ApplyItem | undefined
}

/** Looks which namespaces and definitions of a set exist: what is in or of the others cannot be judged yet. */
export async function presenceOf(api: ClusterApi, { others }: ApplySet): Promise<Presence> {
  const ofKind = (kind: string): ApplyItem[] => others.filter(({ reference }) => reference.kind === kind)
  const [namespaces, definitions] = [ofKind('Namespace'), ofKind('CustomResourceDefinition')]
  const absent = new Set<ApplyItem>()
  await readLive(api, [...namespaces, ...definitions], {
    onLive: (item, live) => {
      if (live === undefined) absent.add(item)
    },
    // Told when it is planned; until then it is taken for there.
    onForbidden: () => undefined,
  })
  const missingNamespaces = new Set(namespaces.flatMap((item) => (absent.has(item) ? [item.reference.name] : [])))
  const byKind = new Map(definitions.map((item) => [definedKind(item), item]))
  const definitionOf = ({ apiVersion, kind }: ObjectReference): ApplyItem | undefined =>
    byKind.get(`${apiVersion.split('/')[0]}/${kind}`)
  return {
    missing(reference) {
      const definition = definitionOf(reference)
      if (definition !== undefined && absent.has(definition)) return 'definition'
      return missingNamespaces.has(reference.namespace ?? '') ? 'namespace' : undefined
    },
    definitionOf,
  }
}

function definedKind({ object }: ApplyItem): string {
  const spec = object['spec'] as { group?: string; names?: { kind?: string } } | undefined
  return `${spec?.group ?? ''}/${spec?.names?.kind ?? ''}`
}
