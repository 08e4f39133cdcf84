/**
 * Writes docs/reference/ from what the program itself uses: the schema of the resource, the tables of flags, the
 * documentation of the construct's props. `--check` writes nothing and fails when a page is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandsPage } from './reference/commands-page.ts'
import { constructPage } from './reference/construct-page.ts'
import { databasePage } from './reference/database-page.ts'

const directory = join(import.meta.dirname, '..', 'docs', 'reference')
const pages: Readonly<Record<string, string>> = {
  'commands.md': await commandsPage(),
  'construct.md': constructPage(),
  'database.md': databasePage(),
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

if (process.argv.includes('--check')) {
  const stale = Object.entries(pages).filter(([name, text]) => textOf(join(directory, name)) !== text)
  if (stale.length > 0) {
    const names = stale.map(([name]) => `docs/reference/${name}`).join(', ')
    process.stderr.write(`error: the reference is stale\n   at: ${names}\n  try: node scripts/reference.ts\n`)
    process.exitCode = 1
  }
} else {
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(directory, name), text)
}
