/**
 * Bundles the whole command into one file, for the image of the controller: `npm run build:image`, or into another
 * directory with its path as the only argument. Nothing is installed beside it.
 */
import { mkdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const directory = resolve(process.argv[2] ?? join(root, 'lib', 'image'))
const outfile = join(directory, 'cdk8s-database.mjs')

/** What CommonJS modules find in their scope, and what ECMAScript modules do not have. */
const COMMONJS_SCOPE = `import { createRequire as commonjsRequire } from 'node:module'
import { fileURLToPath as commonjsPath } from 'node:url'
const require = commonjsRequire(import.meta.url)
const __filename = commonjsPath(import.meta.url)
const __dirname = commonjsPath(new URL('.', import.meta.url))`

mkdirSync(directory, { recursive: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  // Native bindings that pg looks for and does without.
  external: ['pg-native'],
  banner: { js: COMMONJS_SCOPE },
  // Names stay, so that a stack trace in a report can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
})
process.stdout.write(`${basename(outfile)}: ${(statSync(outfile).size / 1e6).toFixed(1)} MB\n`)
