import { afterSpaces, CODE, codeAt, isEnd, nextContent, notPlain } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import type { KnownBlock } from './shared-strings.ts'

/** Shorter blocks are read faster than looked up, in bytes. */
const WORTH_REMEMBERING = 200
/** Bytes by which blocks are looked up. */
const BEGINNING = 64
/** No header is longer. */
const HEADER_BYTES = 4

const HEADER = /^([|>])(?:([1-9])([+-]?)|([+-])([1-9]?))?\n/

/**
 * A block scalar (`|` or `>`), and on to the content after it. A long one that stood in an earlier text, as the same
 * script in a thousand ConfigMaps, is recognised instead of read.
 * @param parent indentation of the collection that holds it
 */
export function readBlockScalar(cursor: Cursor, parent: number): string {
  const { bytes, strings } = cursor
  const [header, style, digit = '', sign, otherSign, otherDigit = ''] =
    HEADER.exec(bytes.toString('latin1', cursor.at, Math.min(cursor.at + HEADER_BYTES, bytes.length))) ?? notPlain()
  const begin = cursor.at + header.length
  const beginning = `${parent} ${bytes.toString('latin1', cursor.at, Math.min(begin + BEGINNING, bytes.length))}`
  const known = strings.blocks(beginning).find((block) => isBlockAt(bytes, begin, block))
  if (known !== undefined) return passed(cursor, begin, known)
  const block = scan(cursor, begin, {
    isFolded: style === '>',
    chomp: sign ?? otherSign ?? '',
    indent: digit + otherDigit === '' ? undefined : parent + Number(digit + otherDigit),
    parent,
  })
  if (block.raw.length >= WORTH_REMEMBERING) strings.remember(beginning, block)
  return passed(cursor, begin, block)
}

function passed(cursor: Cursor, begin: number, { raw, lines, value }: KnownBlock): string {
  cursor.at = begin + raw.length
  cursor.line += 1 + lines
  nextContent(cursor)
  return value
}

/** Whether these lines stand there, and the block ends with them. */
function isBlockAt(bytes: Buffer, begin: number, { raw, indent }: KnownBlock): boolean {
  const end = begin + raw.length
  if (end > bytes.length || bytes.compare(raw, 0, raw.length, begin, end) !== 0) return false
  const content = afterSpaces(bytes, end)
  const code = codeAt(bytes, content)
  return code === CODE.end ? content === end : content - end < indent && code > CODE.space
}

interface Style {
  readonly isFolded: boolean
  readonly chomp: string
  /** Indentation of the content where the header tells. */
  readonly indent: number | undefined
  readonly parent: number
}

function scan({ bytes, strings }: Cursor, begin: number, style: Style): KnownBlock {
  const indent = style.indent ?? indentationOf(bytes, begin)
  if (indent <= style.parent) notPlain()
  let lines = 0
  // How many of them there are up to the last one with content.
  let filled = 0
  let at = begin
  while (at < bytes.length) {
    const content = afterSpaces(bytes, at)
    const first = codeAt(bytes, content)
    const isEmpty = first === CODE.newline
    if (!isEmpty && content - at < indent) {
      if (first < CODE.space) notPlain()
      break
    }
    // Spaces beyond the indentation are content, with rules of their own; so are deeper lines that are folded.
    if (content - at > indent && (isEmpty || style.isFolded)) notPlain()
    if (style.isFolded && first === CODE.tab) notPlain()
    const end = bytes.indexOf(CODE.newline, content)
    if (end === -1) notPlain()
    lines += 1
    if (!isEmpty) filled = lines
    at = end + 1
  }
  if (filled === 0) notPlain()
  const raw = bytes.subarray(begin, at)
  const content = raw
    .toString('utf8')
    .split('\n', filled)
    .map((line) => line.slice(indent))
  const breaks = style.chomp === '+' ? lines - filled + 1 : style.chomp === '-' ? 0 : 1
  const value = (style.isFolded ? folded(content) : content.join('\n')) + '\n'.repeat(breaks)
  return { raw, indent, lines, value: strings.text(value) }
}

/** Indentation of the first line with content. */
function indentationOf(bytes: Buffer, begin: number): number {
  for (let line = begin; ;) {
    const content = afterSpaces(bytes, line)
    const code = codeAt(bytes, content)
    if (code !== CODE.newline) return isEnd(code) ? notPlain() : content - line
    line = content + 1
  }
}

/** Lines of one paragraph become one line; an empty line becomes a line break. */
function folded(lines: readonly string[]): string {
  let value = ''
  let separator = ''
  for (const line of lines) {
    value += line === '' ? '\n' : separator + line
    separator = line === '' ? '' : ' '
  }
  return value
}
