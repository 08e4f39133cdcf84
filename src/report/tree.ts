import type { StatusWord } from '../api/kstatus.ts'
import type { Output, Style } from './output.ts'
import { printableLine } from './printable.ts'

/** One line of a tree with what hangs below it. */
export interface PrintableNode {
  readonly kind: string
  readonly name: string
  readonly status: { readonly word: StatusWord; readonly message: string }
  readonly children: readonly PrintableNode[]
}

const STYLES: Readonly<Record<StatusWord, Style>> = {
  Current: 'green',
  InProgress: 'yellow',
  Failed: 'red',
  Terminating: 'yellow',
  NotFound: 'red',
  Unknown: 'dim',
}

/** The lines of a tree; the words stand in one column. */
export function formatTree(root: PrintableNode, style: Output['style']): string[] {
  const rows = rowsOf(root, '', '')
  const width = Math.max(...rows.map(({ label }) => label.length))
  return rows.map(({ label, word, message }) =>
    `${label.padEnd(width)}  ${style(STYLES[word], word.padEnd(11))} ${printableLine(message)}`.trimEnd(),
  )
}

function rowsOf(
  node: PrintableNode,
  lead: string,
  indent: string,
): { label: string; word: StatusWord; message: string }[] {
  return [
    { label: `${lead}${node.kind} ${node.name}`, word: node.status.word, message: node.status.message },
    ...node.children.flatMap((child, index) => {
      const last = index === node.children.length - 1
      return rowsOf(child, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`)
    }),
  ]
}
