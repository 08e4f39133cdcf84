import { ascend, CODE, descend, isEnd, notPlain, peek, skipSpaces } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import { assign } from './plain-map.ts'
import { readFlowPlain, readQuoted } from './plain-scalar.ts'

/**
 * A flow collection, which JSON is too. JSON.parse would be no help: it accepts a key twice, takes `1e400` for infinity,
 * and does not say where the items of a List stand.
 * @param isMultiline whether it may go over several lines, as the root of a document may
 */
export function readFlow(cursor: Cursor, isMultiline: boolean): unknown {
  descend(cursor)
  const value = peek(cursor) === CODE.openBrace ? readMap(cursor, isMultiline) : readList(cursor, isMultiline)
  ascend(cursor)
  return value
}

function readMap(cursor: Cursor, isMultiline: boolean): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  cursor.at += 1
  skipSpace(cursor, isMultiline)
  if (peek(cursor) === CODE.closeBrace) {
    cursor.at += 1
    return map
  }
  for (;;) {
    const key = readKey(cursor)
    skipSpace(cursor, isMultiline)
    assign(map, key, readValue(cursor, isMultiline))
    if (!isFollowed(cursor, isMultiline, CODE.closeBrace)) return map
  }
}

function readList(cursor: Cursor, isMultiline: boolean): unknown[] {
  const list: unknown[] = []
  const lines: number[] = []
  if (cursor.depth === 2) cursor.itemLines.set(list, lines)
  cursor.at += 1
  skipSpace(cursor, isMultiline)
  if (peek(cursor) === CODE.closeBracket) {
    cursor.at += 1
    return list
  }
  for (;;) {
    lines.push(cursor.line)
    list.push(readValue(cursor, isMultiline))
    if (!isFollowed(cursor, isMultiline, CODE.closeBracket)) return list
  }
}

/** A key with its colon. */
function readKey(cursor: Cursor): unknown {
  const first = peek(cursor)
  const isQuoted = first === CODE.doubleQuote || first === CODE.singleQuote
  const key = isQuoted ? readQuoted(cursor) : readFlowPlain(cursor)
  if (isQuoted) skipSpaces(cursor)
  if (peek(cursor) !== CODE.colon) notPlain()
  cursor.at += 1
  if (!isQuoted && !isEnd(peek(cursor))) notPlain()
  return key
}

function readValue(cursor: Cursor, isMultiline: boolean): unknown {
  const first = peek(cursor)
  if (first === CODE.openBrace || first === CODE.openBracket) return readFlow(cursor, isMultiline)
  if (first === CODE.doubleQuote || first === CODE.singleQuote) return readQuoted(cursor)
  return readFlowPlain(cursor)
}

/** Passes a comma, after which something must come, or the end of the collection. */
function isFollowed(cursor: Cursor, isMultiline: boolean, close: number): boolean {
  skipSpace(cursor, isMultiline)
  const code = peek(cursor)
  if (code !== CODE.comma && code !== close) notPlain()
  cursor.at += 1
  if (code === close) return false
  skipSpace(cursor, isMultiline)
  return true
}

function skipSpace(cursor: Cursor, isMultiline: boolean): void {
  for (;;) {
    const code = peek(cursor)
    if (code === CODE.newline && isMultiline) cursor.line += 1
    else if (code !== CODE.space && !(code === CODE.tab && isMultiline)) return
    cursor.at += 1
  }
}
