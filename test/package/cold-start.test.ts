import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildPackage, run } from './build.ts'
import { loadedModules } from './loaded-modules.ts'
import { startOneDatabaseServer } from './one-database-server.ts'

const directory = await buildPackage('--no-types')
const server = await startOneDatabaseServer()
afterAll(() => server.stop())

describe('the built command', () => {
  it('loads a few small files and no library for --help', async () => {
    const { packages, files } = await loadedModules(directory, '--help')
    expect(packages).toEqual([])
    expect(files.length).toBeLessThanOrEqual(6)
  })

  it.each(['token', 'certificate'] as const)('loads nothing but a YAML parser for status (%s)', async (login) => {
    const { packages, undici } = await loadedModules(directory, 'status', '--kubeconfig', server.kubeconfig(login))
    expect(packages).toEqual(['yaml'])
    expect(undici, 'an import of node:http loads undici, unless scripts/build.ts makes it lazy').toBe(false)
  })

  it('starts the app for synth without loading cdk8s itself', async () => {
    await writeFile(
      join(directory, 'app.mjs'),
      `import { writeFileSync } from 'node:fs'
       writeFileSync(process.env.CDK8S_OUTDIR + '/app.k8s.yaml', 'apiVersion: v1\\nkind: Namespace\\nmetadata:\\n  name: shop\\n')`,
    )
    await writeFile(join(directory, 'cdk8s.yaml'), 'app: node app.mjs\n')
    const script = `process.chdir(${JSON.stringify(directory)})`
    const chdir = `data:text/javascript,${encodeURIComponent(script)}`
    const { stdout } = await run(process.execPath, ['--import', chdir, join(directory, 'lib', 'cli.js'), 'synth'])
    expect(stdout).toContain('1 objects in 1 files')
  })

  // A twentieth more than there is: half of a library that was left out (zod 72 kB, yaml 66 kB) would show.
  it.each([
    ['what an app imports', (name: string) => name === 'index.js', 380_000],
    ['the command', (name: string) => name === 'cli.js' || name.startsWith('chunks/'), 1_150_000],
  ])('is small: %s holds no more of the libraries than it needs', async (_, isPart, most) => {
    const lib = join(directory, 'lib')
    const scripts = (await readdir(lib, { recursive: true })).filter((name) => name.endsWith('.js') && isPart(name))
    const sizes = await Promise.all(scripts.map(async (name) => (await stat(join(lib, name))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(most)
  })
})
