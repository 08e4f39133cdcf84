/**
 * What reading a large set of manifests costs, against the libraries: `npm run bench:read`. The figures of
 * docs/adr/0015-manifest-fast-path.md come from here.
 *
 * Every reader reads the same set, one file for each database, in a process of its own; readers alternate, so that a
 * machine that is busy for a while is busy for all of them. Processor time is told beside the time that passed, because
 * the latter says little on a busy machine. `--databases 100` for a smaller set, `--rounds 5` for more rounds.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readManifests } from '../src/manifests/read.ts'
import { readAnyYaml } from '../src/manifests/yaml-library.ts'

/** What one process measured. Times in milliseconds, memory in megabytes. */
interface Measurement {
  readonly objects: number
  readonly elapsed: number
  readonly processor: number
  /** Before anything was read: what Node and the modules need. */
  readonly memoryBefore: number
  readonly memoryPeak: number
}

const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    // Of a process that measures one reader.
    reader: { type: 'string' },
    directory: { type: 'string', default: '' },
  },
})

const texts = (directory: string): string[] =>
  readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'))

/** Each returns what it read, all of it, as a run of the command holds it. */
const READERS: Readonly<Record<string, (directory: string) => readonly unknown[]>> = {
  readManifests: (directory) => readManifests([directory], () => ''),
  'js-yaml loadAll': (directory) => {
    // The copy that a dependency brings along.
    const requireOfDependency = createRequire(createRequire(import.meta.url).resolve('@kubernetes/client-node'))
    const { loadAll } = requireOfDependency('js-yaml') as { loadAll: (text: string) => unknown[] }
    return texts(directory).flatMap((text) => loadAll(text))
  },
  // As manifests were read before: every document with its tree, from which lines are told.
  'yaml parseAllDocuments': (directory) => texts(directory).flatMap((text) => readAnyYaml(text, 'bench.yaml')),
}

function measure(reader: string, directory: string): Measurement {
  const read = READERS[reader]
  if (read === undefined) throw new RangeError(`there is no reader ${reader}`)
  const memoryBefore = process.resourceUsage().maxRSS / 1000
  const processorBefore = process.cpuUsage()
  const begin = performance.now()
  const objects = read(directory).length
  const elapsed = performance.now() - begin
  const { user, system } = process.cpuUsage(processorBefore)
  const memoryPeak = process.resourceUsage().maxRSS / 1000
  return { objects, elapsed, processor: (user + system) / 1000, memoryBefore, memoryPeak }
}

/** One file for each database: the manifests of one, under another name each time. @returns bytes */
async function writeSet(directory: string, databases: number): Promise<number> {
  // Not in the processes that measure: cdk8s would be half of their memory.
  const { App, Chart, Size, Yaml } = await import('cdk8s')
  const { Database } = await import('../src/constructs/database.ts')
  const chart = new Chart(new App(), 'bench', { namespace: 'shop', disableResourceNameHashes: true })
  new Database(chart, 'orders-00000', {
    image: 'postgres:18.4-trixie',
    databaseName: 'orders',
    username: 'orders_app',
    storage: { size: Size.gibibytes(10) },
  })
  const text = Yaml.stringify(...(chart.toJson() as unknown[]))
  let bytes = 0
  for (let index = 0; index < databases; index += 1) {
    const name = `orders-${String(index).padStart(5, '0')}`
    const own = text.replaceAll('orders-00000', name)
    writeFileSync(join(directory, `${name}.k8s.yaml`), own)
    bytes += Buffer.byteLength(own)
  }
  return bytes
}

function measureInProcess(reader: string, directory: string): Measurement {
  const args = [import.meta.filename, '--reader', reader, '--directory', directory]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${reader} failed: ${stderr}`)
  return JSON.parse(stdout) as Measurement
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

function report(measurements: ReadonlyMap<string, readonly Measurement[]>): string {
  const medianOf = (name: string, field: keyof Measurement): number =>
    median((measurements.get(name) ?? []).map((measurement) => measurement[field]))
  const [first = ''] = measurements.keys()
  const rows = [...measurements.keys()].map((name) => {
    const [elapsed, processor] = [medianOf(name, 'elapsed'), medianOf(name, 'processor')]
    const ratio = processor / medianOf(first, 'processor')
    const grown = medianOf(name, 'memoryPeak') - medianOf(name, 'memoryBefore')
    const cells = [`${elapsed.toFixed(0)} ms`, `${processor.toFixed(0)} ms`, `${ratio.toFixed(1)} ×`]
    return [name, ...cells, `${medianOf(name, 'memoryPeak').toFixed(0)} MB`, `${grown.toFixed(0)} MB`]
  })
  return [['reader', 'elapsed', 'processor', 'ratio', 'peak', 'grown by'], ...rows]
    .map(([name = '', ...cells]) => name.padEnd(24) + cells.map((cell) => cell.padStart(11)).join(''))
    .join('\n')
}

async function compare(databases: number, rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-read-'))
  try {
    const bytes = await writeSet(directory, databases)
    const measurements = new Map<string, Measurement[]>(Object.keys(READERS).map((name) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, measured] of measurements) measured.push(measureInProcess(name, directory))
    }
    const counts = new Set([...measurements.values()].flat().map(({ objects }) => objects))
    if (counts.size !== 1) throw new Error(`the readers differ: ${[...counts].join(', ')} objects`)
    const size = `${databases} files, ${[...counts][0]} objects, ${(bytes / 1e6).toFixed(1)} MB`
    process.stdout.write(`node ${process.version}, ${size}, median of ${rounds}\n${report(measurements)}\n`)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (values.reader === undefined) await compare(Number(values.databases), Number(values.rounds))
else process.stdout.write(JSON.stringify(measure(values.reader, values.directory)))
