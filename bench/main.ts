/**
 * How fast and how thrifty `apply` is, beside kubectl and beside the least that anybody could do: `npm run bench`; and the
 * controller: `npm run bench -- --controller`.
 *
 * Everything happens in throwaway clusters on this machine; their pods are ready at once and run nothing. Exit 1 when a
 * count is wrong or a program failed; a time that disappoints is only reported.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureSize } from './benchmark.ts'
import { USAGE, readOptions } from './options.ts'
import type { BenchOptions } from './options.ts'
import { makePrograms } from './programs.ts'
import { Results } from './results.ts'
import { formatTable, formatVerdicts } from './table.ts'
import { verdicts } from './verdicts.ts'

if (process.argv.includes('--controller')) {
  const { benchController } = await import('./controller-main.ts')
  process.exit(await benchController(process.argv.slice(2).filter((flag) => flag !== '--controller')))
}

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)))
}

const started = performance.now()
/** What others did on this machine: where it is not about 0, times are worth little, and processor time more. */
const loadBefore = loadavg()[0] ?? 0
const log = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}\n`)
}

let options: BenchOptions
try {
  options = readOptions(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'cdk8s-bench-'))
const results = new Results()
try {
  const programs = await makePrograms(options, work)
  for (const databases of options.databases) {
    await measureSize({ options, programs, results, signal: interruption.signal, log }, databases)
  }
} catch (error) {
  // What was measured until then is shown all the same.
  const { aborted, reason } = interruption.signal
  const told = aborted ? reason : error
  process.exitCode = aborted ? 130 : 1
  process.stderr.write(`error: ${told instanceof Error ? (aborted ? told.message : told.stack) : String(told)}\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

const all = results.all()
const judged = verdicts(all, options.verifies)
const machine = { node: process.version, processors: availableParallelism(), loadBefore, loadAfter: loadavg()[0] ?? 0 }
process.stdout.write(
  `node ${machine.node}, ${machine.processors} processors, ${options.rounds} rounds, ${options.roundTripMs} ms to the API server and back, load ${loadBefore.toFixed(1)} before\n\n`,
)
process.stdout.write(`${formatTable(all)}\n${formatVerdicts(judged)}`)
if (options.json !== undefined) {
  const document = { ...machine, options, results: all, verdicts: judged }
  writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`)
}
const isWrong = judged.some(({ kind, isMet, measured }) => kind === 'count' && !isMet && measured !== undefined)
if (isWrong || all.some(({ failures }) => failures.length > 0)) process.exitCode ??= 1
