/** First line of every page: who writes it. */
export const GENERATED = '<!-- Written by scripts/reference.ts. Change the source, not this page. -->'

/** A table with its columns aligned, as the formatter wants it; cells may hold any text of one line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(cell))
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [first = [], ...others] = lines.map(line)
  return [first, line(widths.map((width) => '-'.repeat(width))), ...others].join('\n')
}

/** Text as code, in a table cell or outside. */
export const code = (text: string): string => `\`${text}\``

/** Outside of code, angle brackets would be read as HTML. */
function cell(text: string): string {
  const parts = text.replaceAll(/\s*\n\s*/g, ' ').split('`')
  const escaped = parts.map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
  return escaped.join('`').replaceAll('|', '\\|')
}
