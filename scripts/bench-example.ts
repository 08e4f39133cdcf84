/**
 * What synthesis of the example app costs: `npm run bench:example`. The figures of docs/performance.md come from here.
 *
 * The app of this repository is synthesised by the built command, by the command as it stands in src/, and by itself with cdk8s's own
 * `app.synth()`; beside each runs an empty Node, in pairs, so that a machine that is busy for a while is busy for both. Processor
 * time is that of a program and all that it started, as the shell counts it. Exit 1 when the built command takes more than
 * half a second of processor time, in the median. `--runs 21` measures longer.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** One program that is measured. */
interface Subject {
  readonly name: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** One run of it, in milliseconds. */
interface Run {
  readonly elapsed: number
  readonly processor: number
}

/** Promised for the example app, of the built command. */
const LIMIT_MS = 500

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { runs: { type: 'string', default: '11' } } })
const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 3) throw new RangeError('--runs must be a whole number of at least 3')
const built = join(root, 'lib', 'cli.js')
if (!existsSync(built)) throw new Error('lib/cli.js is missing: npm run build')

/** Runs a program to its end under a shell, which counts the processor time of everything that it waited for. */
function run({ name, args, environment }: Subject): Run {
  const begin = performance.now()
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', '"$@" >/dev/null && times', 'sh', process.execPath, ...args],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    },
  )
  const elapsed = performance.now() - begin
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
  // The shell's own line, then that of its children: user and system.
  const [, children = ''] = stdout.trim().split('\n')
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  )
  return { elapsed, processor: times.reduce((sum, time) => sum + time, 0) * 1000 }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const outdir = mkdtempSync(join(tmpdir(), 'bench-example-'))
const EMPTY: Subject = { name: 'node -e 0', args: ['-e', '0'] }
const SUBJECTS: readonly Subject[] = [
  { name: 'cdk8s-database synth, as built', args: [built, 'synth', '--check'] },
  { name: 'npm run synth, without npm', args: [join(root, 'src', 'cli.ts'), 'synth', '--check'] },
  {
    name: 'the app by itself, app.synth()',
    args: [join(root, 'src', 'main.ts')],
    environment: { CDK8S_OUTDIR: outdir, CDK8S_DATABASE_SYNTH: 'cdk8s' },
  },
]

const measured = new Map(SUBJECTS.map((subject) => [subject, { own: [] as Run[], empty: [] as Run[] }]))
try {
  // The first round fills what Node and the file system keep, and does not count.
  for (let round = 0; round <= runs; round += 1) {
    for (const [subject, { own, empty }] of measured) {
      const pair = [run(EMPTY), run(subject)] as const
      if (round === 0) continue
      empty.push(pair[0])
      own.push(pair[1])
    }
  }
} finally {
  rmSync(outdir, { recursive: true, force: true })
}

const row = (name: string, ...cells: readonly string[]): string =>
  name.padEnd(34) + cells.map((cell) => cell.padStart(12)).join('')
const of = (all: readonly Run[], field: keyof Run): number => median(all.map((one) => one[field]))
const ms = (value: number): string => `${value.toFixed(0)} ms`
const lines = [...measured].map(([{ name }, { own, empty }]) =>
  row(
    name,
    ms(of(own, 'processor')),
    ms(of(own, 'elapsed')),
    ms(Math.min(...own.map(({ elapsed }) => elapsed))),
    ms(of(empty, 'processor')),
    ms(of(empty, 'elapsed')),
  ),
)
process.stdout.write(
  `${[
    `node ${process.version}, the example app, medians of ${runs} runs in pairs with an empty Node`,
    row('program', 'processor', 'elapsed', 'at best', 'empty Node', 'elapsed'),
    ...lines,
  ].join('\n')}\n`,
)
const [first] = measured.values()
const processor = of(first?.own ?? [], 'processor')
process.stdout.write(`${processor < LIMIT_MS ? 'within' : 'MORE THAN'} the promised ${LIMIT_MS} ms of processor time\n`)
if (processor >= LIMIT_MS) process.exitCode = 1
