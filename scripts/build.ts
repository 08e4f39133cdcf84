/**
 * Builds the package into lib/: `npm run build`.
 *
 * `lib/index.js` is what apps import, `lib/cli.js` the command; what both need, and what the command loads only when it
 * needs it, stands in lib/chunks/. Small libraries that are on the way of every start are bundled, because one file
 * loads in a third of the time of fifty (measured: npm run bench:cold-start). Not bundled: what the app must share with
 * us (cdk8s, constructs, cdk8s-plus-28), and what is rarely loaded (client-node, pg, ws).
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Metafile } from 'esbuild'

const root = join(import.meta.dirname, '..')
const lib = join(root, 'lib')

/** Packages that stay imports; the manifest must name each of them as a dependency or peer. */
const EXTERNAL = ['cdk8s', 'constructs', 'cdk8s-plus-28', '@kubernetes/client-node', 'pg', 'ws']

/** Bundles both entry points, and says what went into which file. */
async function bundle(): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli.ts', 'src/index.ts'],
    outdir: 'lib',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    external: EXTERNAL,
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
function bundledLicences(metafile: Metafile): string {
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  )
  const texts = [...packages].toSorted().map((name) => {
    const directory = join(root, 'node_modules', name)
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled but has no licence file`)
    const { version }: { version: string } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`
  })
  return `cdk8s-database contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** Type declarations of what src/index.ts reaches. */
function writeDeclarations(): void {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  execFileSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
}

rmSync(lib, { recursive: true, force: true })
const metafile = await bundle()
writeFileSync(join(lib, 'THIRD-PARTY-LICENSES.txt'), bundledLicences(metafile))
chmodSync(join(lib, 'cli.js'), 0o755)
writeDeclarations()
for (const file of ['index.js', 'cli.js', 'types/src/index.d.ts']) {
  if (!existsSync(join(lib, file))) throw new Error(`lib/${file} was not written`)
}
const kilobytes = Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0) / 1000
process.stdout.write(`lib/: ${Object.keys(metafile.outputs).length} files, ${kilobytes.toFixed(0)} kB of JavaScript\n`)
