/** What every page must keep: links that lead somewhere, and paths that exist. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allPages, anchorsOf, linksOf, pageAt, proseOf, ROOT } from './pages.ts'

describe.each(allPages().map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('links to files and headings that exist', () => {
    const broken = linksOf(page).filter((target) => {
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : normalize(join(dirname(path), file))
      if (!existsSync(join(ROOT, found))) return true
      return anchor !== undefined && !(found.endsWith('.md') && anchorsOf(pageAt(found)).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  test('names files of the source that exist', () => {
    const named = [...proseOf(page).matchAll(/`((?:src|test|scripts|docs|examples)\/[\w./-]+)`/g)]
    const missing = named.map(([, file]) => file ?? '').filter((file) => !existsSync(join(ROOT, file)))
    expect(missing).toEqual([])
  })
})
