import { CODE, notPlain, peek } from './cursor.ts'
import type { Cursor } from './cursor.ts'

/** What no unquoted scalar begins with. */
const INDICATORS = new Set(Array.from('?:,[]{}#&*!|>\'"%@`', (character) => character.charCodeAt(0)))

/** A text in quotes on one line. */
export function readQuoted(cursor: Cursor): string {
  return peek(cursor) === CODE.doubleQuote ? readDoubleQuoted(cursor) : readSingleQuoted(cursor)
}

function readDoubleQuoted(cursor: Cursor): string {
  const { text, strings } = cursor
  const begin = cursor.at
  let isEscaped = false
  for (let at = begin + 1; ; at += 1) {
    const code = text.charCodeAt(at)
    if (code === CODE.doubleQuote) {
      cursor.at = at + 1
      return isEscaped ? strings.text(unescaped(text.slice(begin, at + 1))) : strings.text(text.slice(begin + 1, at))
    }
    if (code === CODE.backslash) {
      isEscaped = true
      at += 1
    } else if (!(code >= CODE.space)) notPlain()
  }
}

/** The escapes of JSON mean the same in YAML; YAML has others, which are left to the library. */
function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch (error) {
    if (error instanceof SyntaxError) return notPlain()
    throw error
  }
}

function readSingleQuoted(cursor: Cursor): string {
  const { text, strings } = cursor
  const begin = cursor.at + 1
  let hasQuotes = false
  for (let at = begin; ; at += 1) {
    const code = text.charCodeAt(at)
    if (code === CODE.singleQuote) {
      if (text.charCodeAt(at + 1) !== CODE.singleQuote) {
        cursor.at = at + 1
        const content = text.slice(begin, at)
        return strings.text(hasQuotes ? content.replaceAll("''", "'") : content)
      }
      hasQuotes = true
      at += 1
    } else if (!(code >= CODE.space)) notPlain()
  }
}

/**
 * An unquoted scalar outside flow collections, up to the end of the line, a comment, or the colon of a key, where the
 * cursor is left.
 */
export function readPlain(cursor: Cursor): unknown {
  const { text } = cursor
  const begin = cursor.at
  const first = text.charCodeAt(begin)
  if (INDICATORS.has(first)) notPlain()
  if (first === CODE.minus && !(text.charCodeAt(begin + 1) > CODE.space)) notPlain()
  let at = begin
  let end = begin
  for (; ; at += 1) {
    const code = text.charCodeAt(at)
    if (code > CODE.space) {
      if (code === CODE.colon) {
        const next = text.charCodeAt(at + 1)
        if (!(next > CODE.space)) break
      } else if (code === CODE.hash && end < at) break
      end = at + 1
    } else if (code !== CODE.space) break
  }
  const code = text.charCodeAt(at)
  if (code < CODE.space && code !== CODE.newline) notPlain()
  // A comment is left with the space before it, by which it is known.
  cursor.at = code === CODE.hash ? end : at
  return resolved(cursor, begin, end)
}

/** Unquoted scalars of flow collections: words without spaces, of characters that mean nothing there. */
const FLOW_WORD = /[A-Za-z0-9_/~+.-](?:[A-Za-z0-9_/~+.=$()@-]|:(?=[A-Za-z0-9_/~+.=$()@-]))*/y

/** An unquoted scalar inside a flow collection. */
export function readFlowPlain(cursor: Cursor): unknown {
  FLOW_WORD.lastIndex = cursor.at
  if (!FLOW_WORD.test(cursor.text)) return notPlain()
  const begin = cursor.at
  const first = cursor.text.charCodeAt(begin)
  const isMark = first === CODE.minus || first === CODE.dot
  if (isMark && FLOW_WORD.lastIndex < begin + 2) notPlain()
  // At the beginning of a line it may be the mark of a document.
  if (isMark && begin > 0 && cursor.text.charCodeAt(begin - 1) === CODE.newline) notPlain()
  cursor.at = FLOW_WORD.lastIndex
  return resolved(cursor, begin, cursor.at)
}

function resolved(cursor: Cursor, begin: number, end: number): unknown {
  const value = cursor.strings.plain(cursor.text.slice(begin, end))
  return value === undefined ? notPlain() : value
}
