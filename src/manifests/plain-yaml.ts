import {
  ascend,
  CODE,
  codeAt,
  descend,
  endLine,
  isEnd,
  nextContent,
  notPlain,
  NotPlainError,
  peek,
  skipSpaces,
} from './cursor.ts'
import type { Cursor } from './cursor.ts'
import { readBlockScalar } from './plain-block-scalar.ts'
import { readFlow } from './plain-flow.ts'
import { assign } from './plain-map.ts'
import { readPlain, readQuoted } from './plain-scalar.ts'
import type { SharedStrings } from './shared-strings.ts'
import type { YamlValue } from './yaml-value.ts'

/**
 * Reads the plain subset of YAML that programs write, and JSON, many times faster than a library that knows all of YAML
 * and remembers where everything stands.
 *
 * The subset: block maps and lists; flow collections on one line, or as the root; scalars on one line, plain or in
 * quotes; block scalars; comments; documents between `---`. What is outside, or only looks doubtful, is left to the
 * library: anchors, aliases, tags, directives, merge keys, keys that are not text, scalars that go on in the next line,
 * tabs, `\r`, marks of byte order.
 * @param bytes the text in UTF-8
 * @returns the documents that are not empty; `undefined` where the text is outside the subset or no YAML at all
 */
export function readPlainYaml(bytes: Buffer, strings: SharedStrings): YamlValue[] | undefined {
  if (bytes.includes(CODE.end) || bytes.includes(CODE.carriageReturn) || bytes.includes('\uFEFF')) return undefined
  const cursor: Cursor = { bytes, strings, at: 0, line: 1, indent: 0, depth: 0, itemLines: new Map() }
  try {
    return readDocuments(cursor)
  } catch (error) {
    if (error instanceof NotPlainError) return undefined
    throw error
  }
}

function readDocuments(cursor: Cursor): YamlValue[] {
  const documents: YamlValue[] = []
  nextContent(cursor)
  for (;;) {
    if (cursor.indent === 0) documents.push(readDocument(cursor))
    if (cursor.indent !== -1) notPlain()
    if (cursor.at >= cursor.bytes.length) return documents
    cursor.at += '---'.length
    endLine(cursor)
  }
}

function readDocument(cursor: Cursor): YamlValue {
  const { line } = cursor
  const value = readRoot(cursor)
  const items = (value as { items?: unknown }).items
  const itemLines = Array.isArray(items) ? (cursor.itemLines.get(items) ?? notPlain()) : undefined
  cursor.itemLines.clear()
  return { value, line, itemLines }
}

function readRoot(cursor: Cursor): object {
  const first = peek(cursor)
  if (first !== CODE.openBrace && first !== CODE.openBracket) return readCollection(cursor)
  const value = readFlow(cursor, true) as object
  endLine(cursor)
  return value
}

/** A block collection that begins where the cursor stands, after nothing but its indentation. */
function readCollection(cursor: Cursor): object {
  const { indent } = cursor
  return isItem(cursor) ? readList(cursor, indent) : readMap(cursor, indent, readKey(cursor))
}

/** A map whose first key has been read. */
function readMap(cursor: Cursor, indent: number, firstKey: unknown): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  descend(cursor)
  for (let key = firstKey; ; key = readKey(cursor)) {
    cursor.at += 1
    assign(map, key, readMapValue(cursor, indent))
    if (cursor.indent < indent) break
    if (cursor.indent > indent) notPlain()
  }
  ascend(cursor)
  return map
}

/** A key; the cursor is left at its colon. */
function readKey(cursor: Cursor): unknown {
  const begin = cursor.at
  const key = readScalar(cursor)
  if (!isAfterKey(cursor, begin)) notPlain()
  return key
}

function readMapValue(cursor: Cursor, indent: number): unknown {
  const begin = cursor.at
  skipSpaces(cursor)
  if (!isRestEmpty(cursor, begin)) return readInline(cursor, indent)
  cursor.at = begin
  endLine(cursor)
  if (cursor.indent > indent) return readCollection(cursor)
  // Items may stand right below the key.
  return cursor.indent === indent && isItem(cursor) ? readList(cursor, indent) : null
}

function readList(cursor: Cursor, indent: number): unknown[] {
  const list: unknown[] = []
  const lines: number[] = []
  descend(cursor)
  if (cursor.depth === 2) cursor.itemLines.set(list, lines)
  do {
    list.push(readItem(cursor, indent, lines))
    if (cursor.indent > indent) notPlain()
  } while (cursor.indent === indent && isItem(cursor))
  ascend(cursor)
  return list
}

function readItem(cursor: Cursor, indent: number, lines: number[]): unknown {
  const begin = cursor.at + 1
  cursor.at = begin
  skipSpaces(cursor)
  if (isRestEmpty(cursor, begin)) {
    cursor.at = begin
    endLine(cursor)
    lines.push(cursor.line)
    return cursor.indent > indent ? readCollection(cursor) : null
  }
  lines.push(cursor.line)
  const column = indent + 1 + cursor.at - begin
  if (isItem(cursor)) return readList(cursor, column)
  if (isStructured(peek(cursor))) return readInline(cursor, indent)
  const content = cursor.at
  const scalar = readScalar(cursor)
  if (isAfterKey(cursor, content)) return readMap(cursor, column, scalar)
  endLine(cursor)
  return scalar
}

/** A value that begins on the line of its key or dash, and on to the content after it. */
function readInline(cursor: Cursor, indent: number): unknown {
  const first = peek(cursor)
  if (first === CODE.bar || first === CODE.greaterThan) return readBlockScalar(cursor, indent)
  const value = isStructured(first) ? readFlow(cursor, false) : readScalar(cursor)
  endLine(cursor)
  return value
}

function readScalar(cursor: Cursor): unknown {
  const first = peek(cursor)
  return first === CODE.doubleQuote || first === CODE.singleQuote ? readQuoted(cursor) : readPlain(cursor)
}

/** Whether something begins here that is neither plain nor in quotes. */
const isStructured = (code: number): boolean =>
  code === CODE.openBrace || code === CODE.openBracket || code === CODE.bar || code === CODE.greaterThan

/** Whether an item of a list begins here. */
const isItem = (cursor: Cursor): boolean => peek(cursor) === CODE.minus && isEnd(codeAt(cursor.bytes, cursor.at + 1))

/** Whether the scalar that began there is a key: YAML allows it 1,024 characters. */
const isAfterKey = (cursor: Cursor, begin: number): boolean =>
  peek(cursor) === CODE.colon && isEnd(codeAt(cursor.bytes, cursor.at + 1)) && cursor.at - begin < 1000

/** Whether nothing comes in this line but a comment. */
function isRestEmpty(cursor: Cursor, begin: number): boolean {
  const code = peek(cursor)
  return code === CODE.newline || code === CODE.end || (code === CODE.hash && cursor.at > begin)
}
