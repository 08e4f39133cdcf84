/** The items of a `List`, or of one of the typed lists that kubectl takes apart too; `undefined` for anything else. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, items } = value as Record<string, unknown>
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined
}
