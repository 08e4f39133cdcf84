import type { SharedStrings } from './shared-strings.ts'

/** A place in a text that is being read, and what is shared by all texts of one run. */
export interface Cursor {
  /** The text in UTF-8: bytes are scanned several times as fast as strings. Everything that YAML is made of is ASCII. */
  readonly bytes: Buffer
  readonly strings: SharedStrings
  /** Index of the next byte. */
  at: number
  /** Its line, from 1. */
  line: number
  /** Column of the content that comes next, from 0; -1 at the end of a document. Set at the beginning of a line only. */
  indent: number
  /** Collections around the cursor. */
  depth: number
  /** Lines of the items of the lists right below the root. */
  readonly itemLines: Map<readonly unknown[], number[]>
}

/** Deeper than any manifest, and far from the end of the stack. */
const MAXIMUM_DEPTH = 100

/** Codes of characters. */
export const CODE = {
  /** What is read after the end of the text; no text that is read here holds it. */
  end: 0x00,
  tab: 0x09,
  newline: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  doubleQuote: 0x22,
  hash: 0x23,
  percent: 0x25,
  singleQuote: 0x27,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  greaterThan: 0x3e,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  bar: 0x7c,
  closeBrace: 0x7d,
} as const

/** The text is outside the subset: only the library may judge it. */
export class NotPlainError extends Error {}

// Thrown often and never shown: one instance, so that no stack is captured.
const NOT_PLAIN = new NotPlainError('not plain YAML')

/** Gives up on the text. */
export function notPlain(): never {
  throw NOT_PLAIN
}

/** Begins a collection. */
export function descend(cursor: Cursor): void {
  cursor.depth += 1
  if (cursor.depth > MAXIMUM_DEPTH) notPlain()
}

/** Ends a collection. */
export function ascend(cursor: Cursor): void {
  cursor.depth -= 1
}

/** The byte at an index. */
export const codeAt = (bytes: Buffer, at: number): number => bytes[at] ?? CODE.end

/** The next byte. */
export const peek = (cursor: Cursor): number => codeAt(cursor.bytes, cursor.at)

/** Whether a code ends a token: a space, the end of the line or of the text. */
export const isEnd = (code: number): boolean => code === CODE.space || code === CODE.newline || code === CODE.end

/** Index of the first byte from there that is no space. */
export function afterSpaces(bytes: Buffer, begin: number): number {
  let at = begin
  while (codeAt(bytes, at) === CODE.space) at += 1
  return at
}

/** Passes spaces. */
export function skipSpaces(cursor: Cursor): void {
  cursor.at = afterSpaces(cursor.bytes, cursor.at)
}

/** Passes the rest of a line that may hold nothing but spaces and a comment, and goes on to the next content. */
export function endLine(cursor: Cursor): void {
  const begin = cursor.at
  skipSpaces(cursor)
  const code = peek(cursor)
  if (code === CODE.hash && cursor.at > begin) skipComment(cursor)
  else if (code !== CODE.newline && code !== CODE.end) notPlain()
  nextContent(cursor)
}

/**
 * From the end or the beginning of a line to the next content, past empty lines and comments. At the mark of a document
 * and at the end of the text the indentation is -1.
 */
export function nextContent(cursor: Cursor): void {
  for (;;) {
    if (peek(cursor) === CODE.newline) {
      cursor.at += 1
      cursor.line += 1
    }
    const begin = cursor.at
    skipSpaces(cursor)
    const code = peek(cursor)
    if (code === CODE.hash) skipComment(cursor)
    else if (code !== CODE.newline) {
      if (code < CODE.space && code !== CODE.end) notPlain()
      cursor.indent = code === CODE.end || isMark(cursor, begin) ? -1 : cursor.at - begin
      return
    }
  }
}

/** Whether the line is the mark of a document. Directives and marks that say more are left to the library. */
function isMark({ bytes, at }: Cursor, begin: number): boolean {
  if (at > begin) return false
  const code = codeAt(bytes, at)
  if (code === CODE.percent) notPlain()
  if (code !== CODE.minus && code !== CODE.dot) return false
  if (codeAt(bytes, at + 1) !== code || codeAt(bytes, at + 2) !== code) return false
  const after = codeAt(bytes, at + 3)
  return code === CODE.minus && (after === CODE.newline || after === CODE.end) ? true : notPlain()
}

function skipComment(cursor: Cursor): void {
  const { bytes } = cursor
  let at = cursor.at
  for (let code = codeAt(bytes, at); code !== CODE.newline && code !== CODE.end; code = codeAt(bytes, at)) at += 1
  cursor.at = at
}
