/**
 * A path as the names on the way: keys of maps as they are, items of lists in brackets: `['spec', 'containers',
 * '[name=postgres]', 'image']`.
 */
export type FieldPath = readonly string[]

const SEGMENT = /\.?(?:\[("(?:[^"\\]|\\.)*")\]|(\[[^\]]*\])|([^.[\]]+))/gy

/** Takes a path as people read it apart: `spec.template.spec.containers[name=postgres].image`, `data["a.b"]`. */
export function parsePath(text: string): FieldPath {
  return Array.from(text.matchAll(SEGMENT), ([, quoted, item, key]) =>
    quoted === undefined ? (item ?? key ?? '') : (JSON.parse(quoted) as string),
  )
}

/**
 * Whether a path is of a pattern. `*` stands for any one key, `[*]` for any one item of a list, `**` at the end for
 * this field and everything below it.
 */
export function isOfPattern(path: FieldPath, pattern: FieldPath): boolean {
  const isOpen = pattern.at(-1) === '**'
  const fixed = isOpen ? pattern.slice(0, -1) : pattern
  if (isOpen ? path.length < fixed.length : path.length !== fixed.length) return false
  return fixed.every((wanted, index) => {
    const segment = path[index] ?? ''
    if (wanted === '*') return true
    return wanted === '[*]' ? segment.startsWith('[') : wanted === segment
  })
}

/** Whether fields of a pattern may stand below a path. */
export function isAbovePattern(path: FieldPath, pattern: FieldPath): boolean {
  return path.length < pattern.length && isOfPattern(path, pattern.slice(0, path.length))
}
