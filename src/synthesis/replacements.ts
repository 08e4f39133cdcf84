/** A method or getter of an object, and what stands in its place for a while. */
export type Replacement = { readonly owner: object; readonly name: string } & (
  | { readonly method: unknown }
  | { readonly getter: () => unknown }
)

/**
 * Runs an action with methods replaced, and puts the old ones back whatever happens.
 * @returns what the action returns
 */
export function withReplacements<T>(replacements: readonly Replacement[], action: () => T): T {
  const before = replacements.map(({ owner, name }) => Object.getOwnPropertyDescriptor(owner, name))
  try {
    for (const replacement of replacements) {
      const property =
        'getter' in replacement ? { get: replacement.getter } : { value: replacement.method, writable: true }
      Object.defineProperty(replacement.owner, replacement.name, { ...property, configurable: true, enumerable: false })
    }
    return action()
  } finally {
    for (const [index, { owner, name }] of replacements.entries()) {
      const descriptor = before[index]
      if (descriptor === undefined) Reflect.deleteProperty(owner, name)
      else Object.defineProperty(owner, name, descriptor)
    }
  }
}
