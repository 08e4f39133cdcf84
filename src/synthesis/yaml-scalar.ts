/** The value is outside the subset that is written here: only the library may write its document. */
export class UnwrittenError extends Error {}

// Thrown for whole documents and never shown: one instance, so that no stack is captured.
const UNWRITTEN = new UnwrittenError('outside the subset')

/** Gives up on the document. */
export function giveUp(): never {
  throw UNWRITTEN
}

/** What the library always puts into double quotes, with escapes of its own. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u

/** What cannot stand without quotes: indicators at the beginning, `: `, ` #`, white space at an end. */
const NEEDS_QUOTES = /^[\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|:[ \t]|[\t ]#|[\t :]$/

/** Words that YAML 1.1 reads as null or a boolean; the empty text is null, too. */
const RESERVED_WORDS = new Set(
  ['', '~', 'null', 'Null', 'NULL', 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].concat([
    'n',
    'N',
    'no',
    'No',
    'NO',
    'false',
    'False',
    'FALSE',
    'off',
    'Off',
    'OFF',
  ]),
)

/** The beginning of everything that YAML 1.1 reads as a number or a time. */
const LOOKS_NUMERIC = /^(?:[-+]?[0-9.]|[-+]?[eE])/

/** Numbers and times of YAML 1.1, in the order of the library's table. @see https://yaml.org/type/ */
const NUMERIC = [
  /^[-+]?0b[0-1_]+$/,
  /^[-+]?0[0-7_]+$/,
  /^[-+]?[0-9][0-9_]*$/,
  /^[-+]?0x[0-9a-fA-F_]+$/,
  /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|T|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:[ \t]*(?:Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$/,
]

/** The mark of a document, at the beginning of what JavaScript takes for a line: a key of the root with it needs quotes. */
const DOCUMENT_MARK = /^(?:%|---|\.\.\.)/m

/** Keys that are longer are written in another form. */
const LONGEST_KEY = 1024

/** Text on one line, plain where YAML 1.1 reads it as the same text. */
function lineScalar(text: string): string {
  // The library takes it for the key that merges maps, wherever it stands, and leaves it alone.
  if (text === '<<') return text
  if (UNPRINTABLE.test(text)) return giveUp()
  const isPlain =
    !RESERVED_WORDS.has(text) &&
    !NEEDS_QUOTES.test(text) &&
    !(LOOKS_NUMERIC.test(text) && NUMERIC.some((pattern) => pattern.test(text)))
  return isPlain ? text : quoted(text)
}

/** Double quotes, unless that would need escapes that single quotes save. */
const quoted = (text: string): string =>
  text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text)

/** A key with its colon. @throws UnwrittenError */
export function keyScalar(text: string): string {
  if (text.includes('\n') || DOCUMENT_MARK.test(text)) return giveUp()
  const key = lineScalar(text)
  return key.length > LONGEST_KEY ? giveUp() : `${key}:`
}

/**
 * Text as the value of a key or the item of a list, never at the root.
 * @param indent spaces before the lines of a text that has several
 * @throws UnwrittenError
 */
export function textScalar(text: string, indent: string): string {
  return text.includes('\n') ? blockScalar(text, indent) : lineScalar(text)
}

/** Text of several lines, which stands as it is behind a header that tells what happens to its last line ends. */
function blockScalar(text: string, indent: string): string {
  if (UNPRINTABLE.test(text) || /\n[\t ]+$/.test(text)) return giveUp()
  const body = text.replace(/[\n\t ]+$/, '')
  // Nothing but white space: how the library splits it is not worth repeating.
  if (body === '') return giveUp()
  const end = text.slice(body.length)
  const start = /^[ \n]*/.exec(body)?.[0] ?? ''
  const isIndented = start.includes(' ')
  return `|${isIndented ? '2' : ''}${chomping(end)}\n${indent}${indented(body, indent)}${endLines(end, indent)}`
}

/** Whether the line ends at the end are dropped, one of them is kept, or all are. */
function chomping(end: string): string {
  const lineEnd = end.indexOf('\n')
  if (lineEnd === -1) return '-'
  return lineEnd === end.length - 1 ? '' : '+'
}

/** Empty lines stay empty. */
const indented = (text: string, indent: string): string => text.replaceAll(/\n+/g, `$&${indent}`)

/** White space at the end; its last line end is the one after every value. */
function endLines(end: string, indent: string): string {
  const lines = end.endsWith('\n') ? end.slice(0, -1) : end
  return lines.replaceAll(/(^|(?<!\n))\n+(?!\n|$)/g, `$&${indent}`)
}
