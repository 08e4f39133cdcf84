import type { KubernetesObject } from '../api/object.ts'
import { parseManifests } from '../manifests/read.ts'

/** What has the manifests of a chart or of one object: `Chart` and `ApiObject` of cdk8s. */
interface Synthesised {
  toJson(): unknown
}

/** Whatever manifests can be had from. */
export type ManifestSource =
  /** A `Chart` or an `ApiObject` of cdk8s. */
  | Synthesised
  /** An `App` of cdk8s: all of its charts. */
  | { readonly charts: readonly Synthesised[] }
  /** A construct, such as a `Database`: every object below it. */
  | { readonly node: { findAll(): readonly object[] } }
  /** YAML documents, as they stand in `dist/`. */
  | string
  /** One object, or several. */
  | KubernetesObject
  | readonly KubernetesObject[]

/**
 * The objects of a source, in its order. A `List` in YAML is taken apart.
 * @throws TypeError where it is none; InputError naming the line where the YAML cannot be read
 */
export function manifestsOf(source: unknown): readonly KubernetesObject[] {
  if (typeof source === 'string') return parseManifests(source, 'the manifests').map(({ object }) => object)
  if (Array.isArray(source)) return source.flatMap(manifestsOf)
  if (typeof source === 'object' && source !== null) {
    if (isSynthesised(source)) return manifestsOf(source.toJson())
    if ('charts' in source && Array.isArray(source.charts)) return source.charts.flatMap(manifestsOf)
    if ('node' in source) return objectsBelow(source.node)
    if ('apiVersion' in source && 'kind' in source && 'metadata' in source) return [source as KubernetesObject]
  }
  throw new TypeError(`expected an App, a Chart, a construct, manifests or their YAML, got ${nameOf(source)}`)
}

const isSynthesised = (value: object): value is Synthesised => 'toJson' in value && typeof value.toJson === 'function'

/** A chart holds constructs that are objects and constructs that only group them. */
function objectsBelow(node: unknown): readonly KubernetesObject[] {
  const constructs = (node as { findAll(): readonly object[] }).findAll()
  return constructs.filter(isSynthesised).flatMap((construct) => manifestsOf(construct.toJson()))
}

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `an object with ${Object.keys(value).join(', ') || 'nothing'}`
    : typeof value
