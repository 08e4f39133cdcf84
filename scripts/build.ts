/**
 * Builds the package into lib/: `npm run build`. Into another directory with its path as an argument; `--no-types` leaves
 * the declarations out.
 *
 * `lib/index.js` is what apps import, `lib/testing.js` and `lib/impact.js` what their tests do, `lib/cli.js` the command; what both need, and what the command loads only when it
 * needs it, stands in lib/chunks/. Small libraries that are on the way of every start are bundled, because one file
 * loads in a third of the time of fifty (measured: npm run bench:cold-start). Not bundled: what the app must share with
 * us (cdk8s, constructs, cdk8s-plus-28), and what is rarely loaded (client-node, pg, ws).
 */
import { execFileSync } from 'node:child_process'
import { createRequire, isBuiltin } from 'node:module'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { Metafile, Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('--'))
const lib = resolve(wanted ?? join(root, 'lib'))
const withTypes = !process.argv.includes('--no-types')

/** Packages that stay imports; the manifest must name each of them as a dependency or peer. */
const EXTERNAL = ['cdk8s', 'constructs', 'cdk8s-plus-28', '@kubernetes/client-node', 'pg', 'ws', 'vitest']

/**
 * Makes Node's own modules load when something of them is used for the first time. An `import` loads them at once, and
 * reads every export: getters among those load more, as `http.WebSocket` loads undici (50 ms of every start).
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'lazy-builtin' } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => {
      const names = Object.keys(createRequire(import.meta.url)(path) as object)
      const getters = names.map((name) => `get ${name}() { return load().${name} }`)
      return {
        contents: `const load = () => process.getBuiltinModule('${path}')\nmodule.exports = { ${getters.join(', ')} }`,
      }
    })
  },
}

/**
 * Bundles an entry point under a name, and says what went into which file. One run for each: shared, their chunks would be cut into
 * many small files, and every start of the command would load most of them.
 */
async function bundle(name: string, entryPoint: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { [name]: entryPoint },
    outdir: lib,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    external: EXTERNAL,
    plugins: [lazyBuiltins],
    // The build of `yaml` for browsers is the same code as ECMAScript modules: half of it can be left out.
    alias: { yaml: join(root, 'node_modules', 'yaml', 'browser', 'index.js') },
    // Names stay, so that a stack trace in a report can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  return metafile
}

/** The licences of what was bundled, which its authors ask to go with it. */
function bundledLicences(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs))
  const packages = new Set(inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []))
  const texts = [...packages].toSorted().map((name) => {
    const directory = join(root, 'node_modules', name)
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    const { version }: { version: string } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`
  })
  return `cdk8s-database contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** Type declarations of what the entry points reach. */
function writeDeclarations(): void {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(lib, 'types')], { cwd: root, stdio: 'inherit' })
}

rmSync(lib, { recursive: true, force: true })
const bundles = [
  await bundle('index', 'src/index.ts'),
  await bundle('cli', 'src/cli.ts'),
  await bundle('impact', 'src/impact.ts'),
  await bundle('testing', 'src/testing/index.ts'),
]
writeFileSync(join(lib, 'THIRD-PARTY-LICENSES.txt'), bundledLicences(bundles))
chmodSync(join(lib, 'cli.js'), 0o755)
if (withTypes) writeDeclarations()
const declared = withTypes ? ['index', 'impact', 'testing/index'] : []
const declarations = declared.map((name) => `types/src/${name}.d.ts`)
for (const file of ['index.js', 'cli.js', 'impact.js', 'testing.js', ...declarations]) {
  if (!existsSync(join(lib, file))) throw new Error(`${file} was not written`)
}
const sizes = bundles.flatMap(({ outputs }) => Object.values(outputs).map(({ bytes }) => bytes))
const kilobytes = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1000
process.stdout.write(`${basename(lib)}/: ${sizes.length} files, ${kilobytes.toFixed(0)} kB of JavaScript\n`)
