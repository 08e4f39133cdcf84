/** One step of a path into an object: a field by name, or an item of a list by its keys, its value or its position. */
export type PathSegment =
  | { readonly field: string }
  | { readonly key: Readonly<Record<string, unknown>> }
  | { readonly value: unknown }
  | { readonly index: number }

/** Where something stands in an object, from its root. Empty: the object itself. */
export type FieldPath = readonly PathSegment[]

const PLAIN_FIELD = /^[A-Za-z_][\w-]*$/

/** The path as people read it: `spec.template.spec.containers[name=postgres].image`. */
export function formatPath(path: FieldPath): string {
  return path.reduce((text, segment) => joinSegment(text, segment), '')
}

function joinSegment(text: string, segment: PathSegment): string {
  if ('index' in segment) return `${text}[${segment.index}]`
  if ('value' in segment) return `${text}[${JSON.stringify(segment.value)}]`
  if ('key' in segment) {
    const keys = Object.entries(segment.key).map(([name, value]) => `${name}=${String(value)}`)
    return `${text}[${keys.join(',')}]`
  }
  if (!PLAIN_FIELD.test(segment.field)) return `${text}[${JSON.stringify(segment.field)}]`
  return text === '' ? segment.field : `${text}.${segment.field}`
}
