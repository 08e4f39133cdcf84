import type { SharedStrings } from './shared-strings.ts'

/** A place in a text that is being read, and what is shared by all texts of one run. */
export interface Cursor {
  readonly text: string
  readonly strings: SharedStrings
  /** Index of the next character. */
  at: number
  /** Line of that character, from 1. */
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

/** Character codes. */
export const CODE = {
  tab: 0x09,
  newline: 0x0a,
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

/** Code of the next character, NaN at the end. */
export const peek = (cursor: Cursor): number => cursor.text.charCodeAt(cursor.at)

/** Whether a code ends a token: a space, the end of the line or of the text. */
export const isEnd = (code: number): boolean => code === CODE.space || code === CODE.newline || Number.isNaN(code)

/** Passes spaces. */
export function skipSpaces(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.at) === CODE.space) cursor.at += 1
}

/** Passes the rest of a line that may hold nothing but spaces and a comment, and goes on to the next content. */
export function endLine(cursor: Cursor): void {
  const begin = cursor.at
  skipSpaces(cursor)
  const code = peek(cursor)
  if (code === CODE.hash && cursor.at > begin) skipLine(cursor)
  else if (code === CODE.newline) startLine(cursor)
  else if (!Number.isNaN(code)) notPlain()
  nextContent(cursor)
}

/**
 * From the beginning of a line to the next content, past empty lines and comments. At the mark of a document and at the
 * end of the text the indentation is -1.
 */
export function nextContent(cursor: Cursor): void {
  const { text } = cursor
  for (;;) {
    const begin = cursor.at
    skipSpaces(cursor)
    const code = peek(cursor)
    if (code === CODE.newline) startLine(cursor)
    else if (code === CODE.hash) skipLine(cursor)
    else {
      cursor.indent = cursor.at - begin
      if (Number.isNaN(code)) cursor.indent = -1
      else if (code < CODE.space) notPlain()
      else if (cursor.indent === 0) {
        if (code === CODE.percent || text.startsWith('...', begin)) notPlain()
        if (text.startsWith('---', begin)) {
          const after = text.charCodeAt(begin + 3)
          if (after === CODE.newline || Number.isNaN(after)) cursor.indent = -1
          else notPlain()
        }
      }
      return
    }
  }
}

function startLine(cursor: Cursor): void {
  cursor.at += 1
  cursor.line += 1
}

function skipLine(cursor: Cursor): void {
  const end = cursor.text.indexOf('\n', cursor.at)
  if (end === -1) cursor.at = cursor.text.length
  else {
    cursor.at = end + 1
    cursor.line += 1
  }
}
