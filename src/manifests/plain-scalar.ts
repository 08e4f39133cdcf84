import { CODE, codeAt, notPlain, peek } from './cursor.ts'
import type { Cursor } from './cursor.ts'

/** A set of ASCII characters: 1 at their codes. */
function charactersOf(characters: string): Uint8Array {
  const set = new Uint8Array(0x100)
  for (const character of characters) set[character.charCodeAt(0)] = 1
  return set
}

/** What no unquoted scalar begins with. */
const INDICATORS = charactersOf('?:,[]{}#&*!|>\'"%@`')

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** What unquoted scalars in flow collections begin with, unless they are left to the library. */
const FLOW_FIRST = charactersOf(`${LETTERS}_/~+`)
/** What they go on with. */
const FLOW_NEXT = charactersOf(`${LETTERS}_/~+.=$()@-`)

/** A text in quotes on one line. */
export function readQuoted(cursor: Cursor): string {
  return peek(cursor) === CODE.doubleQuote ? readDoubleQuoted(cursor) : readSingleQuoted(cursor)
}

function readDoubleQuoted(cursor: Cursor): string {
  const { bytes, strings } = cursor
  const begin = cursor.at
  let isEscaped = false
  for (let at = begin + 1; ; at += 1) {
    const code = codeAt(bytes, at)
    if (code === CODE.doubleQuote) {
      cursor.at = at + 1
      if (isEscaped) return strings.text(unescaped(bytes.toString('utf8', begin, at + 1)))
      return strings.words.at(bytes, begin + 1, at).text
    }
    if (code === CODE.backslash) {
      isEscaped = true
      at += 1
    } else if (code < CODE.space) notPlain()
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
  const { bytes, strings } = cursor
  const begin = cursor.at + 1
  let hasQuotes = false
  for (let at = begin; ; at += 1) {
    const code = codeAt(bytes, at)
    if (code === CODE.singleQuote) {
      if (codeAt(bytes, at + 1) !== CODE.singleQuote) {
        cursor.at = at + 1
        if (hasQuotes) return strings.text(bytes.toString('utf8', begin, at).replaceAll("''", "'"))
        return strings.words.at(bytes, begin, at).text
      }
      hasQuotes = true
      at += 1
    } else if (code < CODE.space) notPlain()
  }
}

/**
 * An unquoted scalar outside flow collections, up to the end of the line, a comment, or the colon of a key, where the
 * cursor is left.
 */
export function readPlain(cursor: Cursor): unknown {
  const { bytes } = cursor
  const begin = cursor.at
  const first = codeAt(bytes, begin)
  if (INDICATORS[first] === 1) notPlain()
  if (first === CODE.minus && codeAt(bytes, begin + 1) <= CODE.space) notPlain()
  let at = begin
  let end = begin
  let code = first
  for (; ; code = codeAt(bytes, at)) {
    if (code > CODE.space) {
      if (code === CODE.colon) {
        if (codeAt(bytes, at + 1) <= CODE.space) break
      } else if (code === CODE.hash && end < at) break
      at += 1
      end = at
    } else if (code === CODE.space) at += 1
    else break
  }
  if (code < CODE.space && code !== CODE.newline && code !== CODE.end) notPlain()
  // A comment is left with the space before it, by which it is known.
  cursor.at = code === CODE.hash ? end : at
  return resolved(cursor, begin, end)
}

/** An unquoted scalar inside a flow collection: a word without spaces, of characters that mean nothing there. */
export function readFlowPlain(cursor: Cursor): unknown {
  const { bytes } = cursor
  const begin = cursor.at
  const isNext = (at: number): boolean => FLOW_NEXT[codeAt(bytes, at)] === 1
  const first = codeAt(bytes, begin)
  if (FLOW_FIRST[first] !== 1) {
    // At the beginning of a line it may be the mark of a document.
    const isWithin = begin > 0 && codeAt(bytes, begin - 1) !== CODE.newline
    if (!(first === CODE.minus || first === CODE.dot) || !isWithin || !isNext(begin + 1)) notPlain()
  }
  let at = begin + 1
  while (isNext(at) || (codeAt(bytes, at) === CODE.colon && isNext(at + 1))) at += 1
  cursor.at = at
  return resolved(cursor, begin, at)
}

function resolved({ bytes, strings }: Cursor, begin: number, end: number): unknown {
  const { value } = strings.words.at(bytes, begin, end)
  return value === undefined ? notPlain() : value
}
