/**
 * How long the built command takes to start, against an empty `node -e 0`: `npm run bench:cold-start`.
 *
 * Runs of all programs alternate, so that a machine that is busy for a while is busy for all of them; medians are
 * compared. `--runs 41` measures longer, `--json` prints one document. Exit 1 when a limit is exceeded.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { startOneDatabaseServer } from '../test/package/one-database-server.ts'

/** One program that is measured. */
interface Subject {
  readonly name: string
  readonly args: readonly string[]
  /** Largest allowed median, in medians of the empty program. */
  readonly limit: number
}

/** What was measured of it. */
interface Measurement {
  readonly name: string
  readonly runs: number
  readonly medianMs: number
  readonly minMs: number
  readonly maxMs: number
  /** Median in medians of the empty program. */
  readonly ratio: number
  readonly limit: number | undefined
}

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '21' },
    json: { type: 'boolean', default: false },
    command: { type: 'string', default: join(root, 'lib', 'cli.js') },
  },
})
const runs = Number(values.runs)
const command = values.command
if (!Number.isInteger(runs) || runs < 3) throw new RangeError('--runs must be a whole number of at least 3')
if (!existsSync(command)) throw new Error(`${relative('.', command)} is missing: npm run build`)

/** Runs a program to its end. @returns milliseconds from before the start to after the end */
function time(args: readonly string[]): Promise<number> {
  const begin = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - begin)
      else reject(new Error(`${args.join(' ')} failed (exit ${String(code)}): ${stderr}`))
    })
  })
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
}

/** Measures all subjects in turn, again and again. The first round warms the file system's cache and does not count. */
async function measure(subjects: readonly Subject[]): Promise<Measurement[]> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round <= runs; round += 1) {
    for (const { name, args } of subjects) {
      const ms = await time(args)
      if (round > 0) times.get(name)?.push(ms)
    }
  }
  const baseline = median(times.get(subjects[0]?.name ?? '') ?? [])
  return subjects.map(({ name, limit }) => {
    const measured = times.get(name) ?? []
    const medianMs = median(measured)
    return {
      name,
      runs,
      medianMs,
      minMs: Math.min(...measured),
      maxMs: Math.max(...measured),
      ratio: medianMs / baseline,
      limit: Number.isFinite(limit) ? limit : undefined,
    }
  })
}

function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ name, medianMs, minMs, maxMs, ratio, limit }) => {
    const verdict = limit === undefined ? '' : `${ratio < limit ? 'within' : 'EXCEEDS'} ${limit} ×`
    const numbers = [medianMs, minMs, maxMs].map((ms) => `${ms.toFixed(0)} ms`.padStart(9)).join('')
    return `${name.padEnd(32)}${numbers}${`${ratio.toFixed(2)} ×`.padStart(10)}   ${verdict}`.trimEnd()
  })
  const head = `${'program'.padEnd(32)}${['median', 'min', 'max'].map((word) => word.padStart(9)).join('')}${'ratio'.padStart(10)}`
  return `${[`node ${process.version}, ${runs} interleaved runs each`, head, ...rows].join('\n')}\n`
}

const server = await startOneDatabaseServer()
try {
  const status = (login: 'token' | 'certificate'): readonly string[] => [
    command,
    'status',
    '--kubeconfig',
    server.kubeconfig(login),
  ]
  const measurements = await measure([
    { name: 'node -e 0', args: ['-e', '0'], limit: Number.POSITIVE_INFINITY },
    { name: '--help', args: [command, '--help'], limit: 2.5 },
    { name: 'status (token)', args: status('token'), limit: 5 },
    { name: 'status (client certificate)', args: status('certificate'), limit: 5 },
  ])
  process.stdout.write(
    values.json ? `${JSON.stringify({ node: process.version, measurements }, null, 2)}\n` : table(measurements),
  )
  if (measurements.some(({ ratio, limit }) => limit !== undefined && ratio >= limit)) process.exitCode = 1
} finally {
  await server.stop()
}
