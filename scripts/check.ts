/**
 * Every check but the tests: `npm run check`. All of them run, whatever fails; exit 1 when one did.
 *
 * A name or a few (`npm run check -- types lint`) run only those.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** One check: a command, its arguments. */
type Check = readonly [name: string, program: string, ...args: readonly string[]]

const root = join(import.meta.dirname, '..')
const checkReference = existsSync(join(root, 'scripts', 'reference.ts'))

const CHECKS: readonly Check[] = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--type-aware'],
  ['format', 'oxfmt', '--check'],
  // Tests may import everything, so only what is shipped and what builds it has layers.
  ['layers', 'depcruise', 'src', 'imports', 'scripts', 'bench', '--config', '.dependency-cruiser.cjs'],
  ['dead', 'knip'],
  ['lockfile', 'node', 'scripts/lockfile.ts', '--check'],
  ['imports', 'node', 'scripts/imports.ts', '--check'],
  ['dist', 'node', 'src/cli.ts', 'synth', '--check'],
  ...(checkReference ? ([['reference', 'node', 'scripts/reference.ts', '--check']] as const) : []),
  ['build', 'node', 'scripts/build.ts'],
  ['package', 'publint', '--strict'],
]

/** Runs a check. @returns what it printed, where it failed */
function run([, program, ...args]: Check): Promise<string | undefined> {
  const file = program === 'node' ? process.execPath : join(root, 'node_modules', '.bin', program)
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code === 0 ? undefined : output))
  })
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !CHECKS.some(([known]) => known === name))
if (unknown.length > 0)
  throw new RangeError(`no check is called ${unknown.join(', ')}: ${CHECKS.map(([name]) => name).join(', ')}`)

/** Checks that run at the same time: most of them keep one processor busy. */
const AT_A_TIME = Math.min(availableParallelism(), 4)
/** What reads the result of another check waits for it. */
const AFTER: Readonly<Record<string, string>> = { package: 'build' }

const failed: string[] = []
const ends = new Map<string, Promise<void>>()

/** Runs a check and shows how it ended. */
async function show(check: Check): Promise<void> {
  const [name] = check
  await ends.get(AFTER[name] ?? '')
  const begin = performance.now()
  const problem = await run(check)
  const seconds = `${((performance.now() - begin) / 1000).toFixed(1)} s`
  process.stdout.write(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(7)}\n`)
  if (problem === undefined) return
  failed.push(name)
  process.stdout.write(`${problem.trimEnd()}\n`)
}

const waiting = CHECKS.filter(([name]) => wanted.length === 0 || wanted.includes(name))
/** Takes one check after the other until none is left. */
async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const end = show(check)
    ends.set(check[0], end)
    await end
  }
}
await Promise.all(Array.from({ length: AT_A_TIME }, work))

if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
