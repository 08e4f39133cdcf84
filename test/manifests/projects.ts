import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDirectory } from './scratch-directory.ts'

const REPOSITORY = join(import.meta.dirname, '..', '..')
const MODULES = join(REPOSITORY, 'node_modules')

/** The construct as an app imports it. */
const CONSTRUCT = join(REPOSITORY, 'src', 'constructs', 'database.ts')

/** First lines of an app: names that every app uses. */
export const PREAMBLE = `import { App, Chart } from 'cdk8s'
import { Database } from ${JSON.stringify(CONSTRUCT)}
const app = new App()
const orders = { image: 'postgres:16.4-bookworm', databaseName: 'orders', username: 'app', storage: { size: '10Gi' } }
`

/** An app of one database. */
export const ONE_DATABASE = `${PREAMBLE}
new Database(new Chart(app, 'shop', { namespace: 'shop' }), 'orders', orders)
app.synth()
`

/** A cdk8s project in a scratch directory. @returns its path */
export function project(main: string, files: Readonly<Record<string, string>> = {}): string {
  const directory = scratchDirectory({
    'cdk8s.yaml': `language: typescript\napp: ${JSON.stringify(`${process.execPath} main.ts`)}\n`,
    'package.json': '{"type":"module"}\n',
    'main.ts': main,
    ...files,
  })
  symlinkSync(MODULES, join(directory, 'node_modules'))
  return directory
}
