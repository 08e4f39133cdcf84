import { ApiObjectMetadataDefinition, ImplicitTokenResolver, LazyResolver, NumberStringUnionResolver } from 'cdk8s'
import type { ApiObject, ApiObjectMetadata, App, JsonPatch } from 'cdk8s'
import { UNRESOLVED, plainJson } from './plain-json.ts'

/** What an ApiObject and its metadata keep to themselves. */
interface Internals {
  readonly props: object
  readonly patches: readonly JsonPatch[]
  readonly metadata: { readonly _additionalAttributes: object }
}

type ToJson = ApiObject['toJson']

/** Whether nobody but cdk8s itself resolves values in an app. */
export function hasOwnResolversOnly(app: App): boolean {
  const { resolvers } = app as unknown as { readonly resolvers: readonly object[] }
  const classes = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver]
  return resolvers.length === classes.length && resolvers.every((resolver, i) => resolver.constructor === classes[i])
}

/**
 * The JSON of an object, as cdk8s makes it of objects without tokens and patches; of all others cdk8s makes it.
 * @param original cdk8s's method
 */
export function toJsonOnce(original: ToJson): ToJson {
  return function toJson(this: ApiObject): unknown {
    return plainObject(this) ?? original.call(this)
  }
}

function plainObject(object: ApiObject): Readonly<Record<string, unknown>> | undefined {
  const { props, patches } = object as unknown as Internals
  if (patches.length > 0 || object.metadata.constructor !== ApiObjectMetadataDefinition) return undefined
  try {
    const metadata = plainJson(metadataOf(object), 'dropped')
    const rest = plainJson({ ...props, metadata: undefined }, 'kept')
    if (metadata === UNRESOLVED || rest === UNRESOLVED) return undefined
    return ordered(rest as Readonly<Record<string, unknown>>, metadata)
  } catch {
    // A getter that throws, or a circle: cdk8s says in which construct.
    return undefined
  }
}

function metadataOf(object: ApiObject): Partial<ApiObjectMetadata> {
  const { _additionalAttributes } = (object as unknown as Internals).metadata
  const { name, namespace, annotations, finalizers, ownerReferences, labels } = object.metadata as unknown as Required<
    Pick<ApiObjectMetadata, 'annotations' | 'finalizers' | 'labels' | 'name' | 'namespace' | 'ownerReferences'>
  >
  return { ..._additionalAttributes, name, namespace, annotations, finalizers, ownerReferences, labels }
}

/** What names the object stands first. */
function ordered(rest: Readonly<Record<string, unknown>>, metadata: unknown): Readonly<Record<string, unknown>> {
  const json: Record<string, unknown> = {}
  const members: Readonly<Record<string, unknown>> = { ...rest, metadata }
  for (const key of ['apiVersion', 'kind', 'metadata', ...Object.keys(rest)]) {
    const value = members[key]
    if (value !== undefined) json[key] = value
  }
  return json
}
