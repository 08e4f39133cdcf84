/**
 * What synthesis costs, beside cdk8s alone: `npm run bench:synth`. The figures of docs/performance.md come from here.
 *
 * The same app of 1,000 databases, one chart each, calls `app.synth()` in processes of their own, in turn as
 * `cdk8s-database synth` starts it and as anybody does. Both must write the same bytes. Processor time is told beside the
 * time that passed, because the latter says little on a busy machine; the ratio is of processor time. Exit 1 where bytes
 * differ, or ours is not 10 times as fast. `--databases 100` for a smaller app, `--rounds 3` for more rounds; the example app
 * has a benchmark of its own (`npm run bench:example`).
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { IMAGES, databaseFacts } from '../bench/databases.ts'
import { ONE_PASS, SYNTHESIS_VARIABLE } from '../src/synthesis/variable.ts'

/** What one process measured. Times in milliseconds, memory in megabytes. */
interface Measurement {
  /** Processor time of making the constructs. */
  readonly constructs: number
  readonly elapsed: number
  readonly processor: number
  readonly memoryPeak: number
  readonly files: number
  readonly bytes: number
  /** Of names and contents of all files. */
  readonly digest: string
}

const SIDES = ['ours', 'cdk8s'] as const
type Side = (typeof SIDES)[number]

/** How much faster ours must be, for that many databases: with fewer of them cdk8s repeats less. */
const TARGET = { ratio: 10, databases: 1000 } as const

const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '2' },
    // Of a process that measures one side.
    outdir: { type: 'string' },
  },
})

const processorTime = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Makes the app and synthesises it, as every app does. */
async function measure(outdir: string, databases: number): Promise<Measurement> {
  const { App, Chart, Size } = await import('cdk8s')
  const { Database } = await import('../src/index.ts')
  const begin = processorTime()
  const app = new App({ outdir })
  for (let index = 0; index < databases; index += 1) {
    const { name, databaseName, username } = databaseFacts(index)
    const chart = new Chart(app, name, { namespace: `team-${index % 50}`, disableResourceNameHashes: true })
    const storage = { size: Size.gibibytes(10) }
    new Database(chart, name, {
      image: IMAGES[0],
      databaseName,
      username,
      storage,
      parameters: { max_connections: 200 },
    })
  }
  const made = processorTime()
  const clock = performance.now()
  app.synth()
  const elapsed = performance.now() - clock
  const processor = processorTime() - made
  const memoryPeak = process.resourceUsage().maxRSS / 1000
  return { constructs: made - begin, elapsed, processor, memoryPeak, ...contentOf(outdir) }
}

function contentOf(outdir: string): Pick<Measurement, 'bytes' | 'digest' | 'files'> {
  const hash = createHash('sha256')
  const names = readdirSync(outdir).toSorted()
  let bytes = 0
  for (const name of names) {
    const content = readFileSync(join(outdir, name))
    hash.update(`${name}\n${content.length}\n`).update(content)
    bytes += content.length
  }
  return { files: names.length, bytes, digest: hash.digest('hex') }
}

function measureInProcess(side: Side, databases: number): Measurement {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'))
  try {
    const args = [import.meta.filename, '--outdir', outdir, '--databases', String(databases)]
    const env = { ...process.env, [SYNTHESIS_VARIABLE]: side === 'ours' ? ONE_PASS : side }
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
    if (status !== 0) throw new Error(`${side} failed: ${stderr}`)
    return JSON.parse(stdout) as Measurement
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const row = (name: string, ...cells: readonly string[]): string =>
  name.padEnd(12) + cells.map((cell) => cell.padStart(12)).join('')

/** @returns whether the promises are kept */
function compare(databases: number, rounds: number): boolean {
  const measurements: Record<Side, Measurement[]> = { ours: [], cdk8s: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (const side of SIDES) measurements[side].push(measureInProcess(side, databases))
  }
  const all = SIDES.flatMap((side) => measurements[side])
  const { files = 0, bytes = 0 } = all[0] ?? {}
  const of = (side: Side, field: 'constructs' | 'elapsed' | 'memoryPeak' | 'processor'): number =>
    median(measurements[side].map((measurement) => measurement[field]))
  const ratio = of('cdk8s', 'processor') / of('ours', 'processor')
  const isSame = new Set(all.map(({ digest }) => digest)).size === 1
  const lines = [
    `node ${process.version}, ${databases} databases: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, median of ${rounds}`,
    row('synth', 'elapsed', 'processor', 'ratio', 'constructs', 'peak'),
    ...SIDES.map((side) => {
      const times = [of(side, 'elapsed'), of(side, 'processor')].map((time) => `${time.toFixed(0)} ms`)
      const relative = (of(side, 'processor') / of('ours', 'processor')).toFixed(1)
      const rest = [`${of(side, 'constructs').toFixed(0)} ms`, `${of(side, 'memoryPeak').toFixed(0)} MB`]
      return row(side, ...times, `${relative} ×`, ...rest)
    }),
    isSame ? 'the same bytes' : 'THE BYTES DIFFER',
    `${ratio.toFixed(1)} times as fast; promised for ${TARGET.databases} databases: ${TARGET.ratio}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return isSame && (databases < TARGET.databases || ratio >= TARGET.ratio)
}

const databases = Number(values.databases)
if (values.outdir !== undefined) process.stdout.write(JSON.stringify(await measure(values.outdir, databases)))
else {
  process.exitCode = compare(databases, Number(values.rounds)) ? 0 : 1
}
