/**
 * How fast and how thrifty the controller is: `npm run bench -- --controller`. Pods are ready at once and logins are
 * answered by a stub, so that what is measured is the controller and the API server. Without leader election, which adds
 * thirty requests a minute. Exit 1 when a count is wrong; a time that disappoints is only reported.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONTROLLER_USAGE, readControllerOptions } from './controller-options.ts'
import type { ControllerBenchOptions } from './controller-options.ts'
import { fleetVerdicts, formatFleets, formatRequests, quietVerdicts } from './controller-results.ts'
import type { FleetResult, QuietResult } from './controller-results.ts'
import { measureFleet, measureFloor, measureQuiet } from './controller-run.ts'
import type { ControllerBench } from './controller-run.ts'
import { makePrograms } from './programs.ts'
import { formatVerdicts } from './table.ts'
import type { Verdict } from './verdicts.ts'

/** Measures, prints, and writes the file that was asked for. @returns the exit code */
export async function benchController(args: readonly string[]): Promise<number> {
  let options: ControllerBenchOptions
  try {
    options = readControllerOptions(args)
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n\n${CONTROLLER_USAGE}`)
    return 2
  }
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => interruption.abort(new Error(`interrupted by ${name}`)))
  const work = mkdtempSync(join(tmpdir(), 'cdk8s-bench-'))
  const started = performance.now()
  const log = (line: string): void => {
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}\n`)
  }
  const loadBefore = loadavg()[0] ?? 0
  try {
    const programs = await makePrograms(options, work)
    const bench: ControllerBench = { options, programs, signal: interruption.signal, log }
    const measured = options.quiet ? await measureAllQuiet(bench) : await measureAllFleets(bench)
    const machine = { node: process.version, processors: availableParallelism(), loadBefore }
    process.stdout.write(
      `node ${machine.node}, ${machine.processors} processors, load ${loadBefore.toFixed(1)} before\n\n` +
        `${measured.text}\n${formatVerdicts(measured.verdicts)}`,
    )
    if (options.json !== undefined) {
      const { results, verdicts } = measured
      writeFileSync(options.json, `${JSON.stringify({ ...machine, options, results, verdicts }, null, 2)}\n`)
    }
    return measured.verdicts.some(({ kind, isMet }) => kind === 'count' && !isMet) ? 1 : 0
  } catch (error) {
    const { aborted, reason } = interruption.signal
    const told = aborted ? (reason as Error).message : error instanceof Error ? error.stack : String(error)
    process.stderr.write(`error: ${told}\n`)
    return aborted ? 130 : 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

interface Measured {
  readonly results: readonly (FleetResult | QuietResult)[]
  readonly verdicts: readonly Verdict[]
  readonly text: string
}

async function measureAllFleets(bench: ControllerBench): Promise<Measured> {
  const { options, log } = bench
  log('1 database alone')
  const { result: alone, recorded } = await measureFleet(bench, 1, 'Request')
  const results = [alone]
  for (const databases of options.databases.filter((count) => count !== 1)) {
    log(`${databases} databases`)
    const { result } = await measureFleet(bench, databases)
    const floor = options.floor ? await measureFloor(bench, databases, recorded) : undefined
    results.push({ ...result, ...(floor === undefined ? {} : { floor }) })
  }
  const verdicts = results.slice(1).flatMap((result) => fleetVerdicts(result, alone))
  return { results, verdicts, text: formatFleets(results) }
}

async function measureAllQuiet(bench: ControllerBench): Promise<Measured> {
  const results: QuietResult[] = []
  for (const databases of bench.options.databases) {
    bench.log(`${databases} databases`)
    results.push(await measureQuiet(bench, databases))
  }
  const texts = results.map(({ databases, minutes, requests, cpuSeconds, memoryBytes }) => {
    const cpu = `${cpuSeconds.toFixed(2)} s of processor time, ${(memoryBytes / 1e6).toFixed(0)} MB at most`
    return `${databases} databases, ${minutes} minutes: ${requests.total} requests, ${cpu}\n${formatRequests(requests, databases)}`
  })
  return { results, verdicts: results.flatMap(quietVerdicts), text: texts.join('\n') }
}
