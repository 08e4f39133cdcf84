/** The pages that people read, as data for the tests: files, links, fenced blocks, tables. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Root of the repository. */
export const ROOT: string = join(import.meta.dirname, '..', '..')

/** A page, by its path from the root. */
export interface Page {
  readonly path: string
  readonly text: string
}

/** The page at a path from the root. */
export function pageAt(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

/** Every page of the repository: those of the root, of docs/ and of examples/. */
export function allPages(): Page[] {
  const below = (directory: string): string[] =>
    readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  const root = readdirSync(ROOT)
  return [...root, ...below('docs'), ...below('examples')].filter((path) => path.endsWith('.md')).map(pageAt)
}

/** The text without its fenced blocks, where nothing is a link or a heading. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
}

/** Contents of the fenced blocks of a language. */
export function blocksOf({ text }: Page, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block]) =>
    found === language && block !== undefined ? [block] : [],
  )
}

/** Targets of the links that lead to files of the repository or to headings. */
export function linksOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** Anchors of the headings, as GitHub makes them. */
export function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Cells of the table rows below the header row that begins with a text. */
export function rowsBelow({ text }: Page, firstHeader: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => cellsOf(line)[0] === firstHeader)
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  return start === -1 ? [] : lines.slice(start + 2, end === -1 ? undefined : end).map(cellsOf)
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}
