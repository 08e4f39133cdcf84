import { CODE, nextContent, notPlain } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import type { KnownBlock } from './shared-strings.ts'

/** Shorter blocks are read faster than looked up. */
const WORTH_REMEMBERING = 200
/** Characters by which blocks are looked up. */
const BEGINNING = 64

const HEADER = /([|>])(?:([1-9])([+-]?)|([+-])([1-9]?))?\n/y

/**
 * A block scalar (`|` or `>`), and on to the content after it. A long one that stood in an earlier text, as the same
 * script in a thousand ConfigMaps, is recognised instead of read.
 * @param parent indentation of the collection that holds it
 */
export function readBlockScalar(cursor: Cursor, parent: number): string {
  const { text, strings } = cursor
  HEADER.lastIndex = cursor.at
  const [header, style, digit = '', sign, otherSign, otherDigit = ''] = HEADER.exec(text) ?? notPlain()
  const begin = HEADER.lastIndex
  const beginning = `${parent} ${header}${text.slice(begin, begin + BEGINNING)}`
  cursor.line += 1
  const known = strings.blocks(beginning).find((block) => isBlockAt(text, begin, block))
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

function passed(cursor: Cursor, begin: number, block: KnownBlock): string {
  cursor.at = begin + block.raw.length
  cursor.line += block.lines
  nextContent(cursor)
  return block.value
}

/** Whether these lines stand there, and the block ends with them. */
function isBlockAt(text: string, begin: number, { raw, indent }: KnownBlock): boolean {
  const end = begin + raw.length
  return text.startsWith(raw, begin) && isOutside(text, end, indent)
}

/** Whether the line that begins there is content of less indentation, or the end. */
function isOutside(text: string, begin: number, indent: number): boolean {
  const at = contentOf(text, begin)
  const code = text.charCodeAt(at)
  return Number.isNaN(code) ? at === begin : at - begin < indent && code > CODE.space
}

interface Style {
  readonly isFolded: boolean
  readonly chomp: string
  /** Indentation of the content where the header tells. */
  readonly indent: number | undefined
  readonly parent: number
}

function scan(cursor: Cursor, begin: number, style: Style): KnownBlock {
  const { text } = cursor
  const indent = style.indent ?? indentationOf(text, begin)
  if (indent <= style.parent) notPlain()
  const lines: string[] = []
  // How many of them there are up to the last one with content.
  let filled = 0
  let at = begin
  while (at < text.length) {
    const content = contentOf(text, at)
    const end = text.indexOf('\n', content)
    if (end === -1) notPlain()
    if (content === end) {
      // Spaces beyond the indentation are content, with rules of their own.
      if (content - at > indent) notPlain()
      lines.push('')
    } else if (content - at < indent) {
      if (text.charCodeAt(content) < CODE.space) notPlain()
      break
    } else {
      const isDeeper = content - at > indent || text.charCodeAt(content) === CODE.tab
      if (isDeeper && style.isFolded) notPlain()
      lines.push(text.slice(at + indent, end))
      filled = lines.length
    }
    at = end + 1
  }
  if (filled === 0) notPlain()
  const body = style.isFolded ? folded(lines.slice(0, filled)) : lines.slice(0, filled).join('\n')
  const breaks = style.chomp === '+' ? lines.length - filled + 1 : style.chomp === '-' ? 0 : 1
  const value = cursor.strings.text(body + '\n'.repeat(breaks))
  return { raw: text.slice(begin, at), indent, lines: lines.length, value }
}

/** Index of the first character of a line that is no space. */
function contentOf(text: string, begin: number): number {
  let at = begin
  while (text.charCodeAt(at) === CODE.space) at += 1
  return at
}

/** Indentation of the first line with content. */
function indentationOf(text: string, begin: number): number {
  for (let line = begin; ;) {
    const content = contentOf(text, line)
    const code = text.charCodeAt(content)
    if (Number.isNaN(code)) return notPlain()
    if (code !== CODE.newline) return content - line
    line = content + 1
  }
}

/** Lines of one paragraph become one line; an empty line becomes a line break. */
function folded(lines: readonly string[]): string {
  let value = ''
  let separator = ''
  for (const line of lines) {
    if (line === '') {
      value += '\n'
      separator = ''
    } else {
      value += separator + line
      separator = ' '
    }
  }
  return value
}
