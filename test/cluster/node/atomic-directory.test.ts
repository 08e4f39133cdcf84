import { lstat, mkdtemp, readFile, readdir, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AtomicDirectory } from './atomic-directory.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'atomic-directory-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const files = (
  contents: Readonly<Record<string, string>>,
  mode = 0o644,
): Map<string, { content: Buffer; mode: number }> =>
  new Map(Object.entries(contents).map(([path, text]) => [path, { content: Buffer.from(text), mode }]))

describe('a projected directory', () => {
  test('shows its files through one link, and replaces all of them by replacing that link', async () => {
    const directory = new AtomicDirectory(join(root, 'conf'), { name: 'self' })
    await directory.write(files({ 'a.conf': '1', 'b/c.conf': '2' }, 0o440))
    expect(await readlink(join(directory.path, 'a.conf'))).toBe('..data/a.conf')
    expect(await readFile(join(directory.path, 'b/c.conf'), 'utf8')).toBe('2')
    expect((await stat(join(directory.path, 'a.conf'))).mode & 0o777).toBe(0o440)
    const before = await readlink(join(directory.path, '..data'))

    expect(await directory.write(files({ 'a.conf': 'new' }))).toBe(true)
    expect(await readFile(join(directory.path, 'a.conf'), 'utf8')).toBe('new')
    const after = await readlink(join(directory.path, '..data'))
    expect(after).not.toBe(before)
    expect((await readdir(directory.path)).toSorted()).toEqual(['..data', after, 'a.conf'].toSorted())
    expect((await lstat(join(directory.path, '..data'))).isSymbolicLink()).toBe(true)
  })

  test('is left alone when nothing has changed', async () => {
    const directory = new AtomicDirectory(join(root, 'same'), { name: 'self' })
    await directory.write(files({ a: '1' }))
    const before = await readlink(join(directory.path, '..data'))
    expect(await directory.write(files({ a: '1' }))).toBe(false)
    expect(await readlink(join(directory.path, '..data'))).toBe(before)
  })
})
