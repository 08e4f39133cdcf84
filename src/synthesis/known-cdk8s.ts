import { createHash } from 'node:crypto'
import {
  ApiObject,
  ApiObjectMetadataDefinition,
  App,
  Chart,
  DependencyVertex,
  ImplicitTokenResolver,
  LazyResolver,
  NumberStringUnionResolver,
  Yaml,
} from 'cdk8s'

/** What is replaced, and what the replacements rely on. */
const RELIED_ON: readonly (readonly [owner: object, ...methods: readonly string[]])[] = [
  [App, '_synthChart'],
  [App.prototype, 'charts'],
  [Chart.prototype, 'toJson'],
  [ApiObject.prototype, 'toJson'],
  [ApiObjectMetadataDefinition.prototype, 'toJson'],
  [DependencyVertex.prototype, 'addChild', 'addParent', 'findRoute', 'topology'],
  [Yaml, 'save', 'stringify'],
  [LazyResolver.prototype, 'resolve'],
  [ImplicitTokenResolver.prototype, 'resolve'],
  [NumberStringUnionResolver.prototype, 'resolve'],
]

/** Of cdk8s 2.70.0 to 2.70.106, by whatever compiler they were built. */
const KNOWN = '4150283748520a45'

/**
 * Whether cdk8s does what the replacements do. A version would tell less: it says nothing about an app that replaced one
 * of the methods by itself, and every other day there is a new one that changes none of them.
 * @param synth the method that stays in charge
 */
export function isKnownCdk8s(synth: App['synth']): boolean {
  const methods = RELIED_ON.flatMap(([owner, ...names]) =>
    names.map((name): unknown => {
      const property: { readonly value?: unknown; readonly get?: unknown } =
        Object.getOwnPropertyDescriptor(owner, name) ?? {}
      return property.get ?? property.value
    }),
  )
  return fingerprint([...methods, synth]) === KNOWN
}

/** What the source of methods says, however it is laid out. */
function fingerprint(methods: readonly unknown[]): string {
  const sources = methods.map((method) =>
    typeof method === 'function' ? Function.prototype.toString.call(method) : 'none',
  )
  const bare = sources.map((source) => source.replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*|\s+/g, ''))
  return createHash('sha256').update(bare.join('\n')).digest('hex').slice(0, 16)
}
