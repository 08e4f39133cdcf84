import { expect, test } from 'vitest'
import { formatTree } from '../../src/report/tree.ts'
import type { PrintableNode } from '../../src/report/tree.ts'

const node = (kind: string, name: string, message = '', children: readonly PrintableNode[] = []): PrintableNode => ({
  kind,
  name,
  status: { word: 'Current', message },
  children,
})

test('a tree has its words in one column and no spaces at the ends of lines', () => {
  const tree = node('Database', 'shop/orders', 'Ready', [
    node('StatefulSet', 'orders', '1/1 ready', [
      node('Pod', 'orders-0', 'ready', [node('PersistentVolumeClaim', 'data-orders-0')]),
    ]),
    node('Service', 'orders'),
  ])
  expect(formatTree(tree, (_format, text) => text)).toEqual([
    'Database shop/orders                          Current     Ready',
    '├─ StatefulSet orders                         Current     1/1 ready',
    '│  └─ Pod orders-0                            Current     ready',
    '│     └─ PersistentVolumeClaim data-orders-0  Current',
    '└─ Service orders                             Current',
  ])
})
