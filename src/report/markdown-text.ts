import { printable } from './printable.ts'

/**
 * Other people's text as it may stand in a line or a table cell: every sign that could mean something to Markdown or
 * HTML is written as a number, and within `<code>` nobody is notified of an @mention.
 */
export function inlineCode(text: string): string {
  const escaped = printable(text.replaceAll(/\s+/g, ' ').trim()).replaceAll(
    /[^\p{L}\p{N} ./-]/gu,
    (character) => `&#${character.codePointAt(0) ?? 0};`,
  )
  return `<code>${escaped}</code>`
}

/** A block of code that nothing in the text can end: its fence is longer than any run of backticks in it. */
export function codeBlock(language: string, lines: readonly string[]): string {
  const text = lines.map((line) => printable(line)).join('\n')
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
