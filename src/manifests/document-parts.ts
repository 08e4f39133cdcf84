const SEPARATOR = Buffer.from('\n---')
const NEWLINE = 0x0a
/** What makes a part mean something else than it means alone: a directive, or an end without a beginning. */
const MARKS = ['\n%', '\n...']

/**
 * Cuts a text of YAML at its `---` lines, without reading it. YAML allows that line nowhere else, not even in a scalar.
 * @returns the parts, empty ones included, each with the rest of the line of its mark; `undefined` where a part cannot be read without the others
 * @see https://yaml.org/spec/1.2.2/#914-explicit-documents
 */
export function documentParts(bytes: Buffer): Buffer[] | undefined {
  if (bytes[0] === 0x25 || MARKS.some((mark) => bytes.includes(mark))) return undefined
  const parts: Buffer[] = []
  let [begin, from] = [0, 0]
  if (bytes.subarray(0, 3).equals(SEPARATOR.subarray(1))) {
    if (bytes[3] !== NEWLINE) return undefined
    begin = from = 3
  }
  for (;;) {
    const end = bytes.indexOf(SEPARATOR, from)
    if (end === -1) {
      parts.push(bytes.subarray(begin))
      return parts
    }
    // Content behind the dashes, a comment, a carriage return; or a key of four dashes, which is as rare.
    if (bytes[end + SEPARATOR.length] !== NEWLINE) return undefined
    parts.push(bytes.subarray(begin, end + 1))
    begin = from = end + SEPARATOR.length
  }
}

/** Line breaks of a text. */
export function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1
  return count
}
