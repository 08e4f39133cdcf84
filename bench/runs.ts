/** Single runs of one side: plain, timed, counted. */
import { runChild } from './child.ts'
import type { ChildRun } from './child.ts'
import type { BenchCluster } from './cluster.ts'
import type { BenchContext } from './context.ts'
import type { FloorReport } from './floor.ts'
import type { ManifestSet } from './manifests.ts'
import { referenceSeconds } from './reference-loop.ts'
import type { Scenario } from './results.ts'
import { SIDE_NAMES, isOf, sideProcess } from './sides.ts'
import type { Side } from './sides.ts'

/** Runs a side on a set and keeps what it showed. Answers whether it did what it should. */
export type Run = (
  context: BenchContext,
  cluster: BenchCluster,
  scenario: Scenario,
  side: Side,
  set: ManifestSet,
) => Promise<boolean>

/** Runs a side. @throws Error when it fails */
export async function run(
  { options, programs, signal }: BenchContext,
  cluster: BenchCluster,
  side: Side,
  set: ManifestSet,
): Promise<ChildRun> {
  const process = await sideProcess(side, set, cluster, programs)
  return runChild({ ...process, deadlineMs: options.deadlineMs, signal })
}

/** Keeps time and peak memory. */
export const timedRun: Run = (context, cluster, scenario, side, set) =>
  guarded(context, scenario, side, set, async (place) => {
    const reference = referenceSeconds()
    const before = await cluster.cpuSeconds()
    const done = await run(context, cluster, side, set)
    const serverCpuSeconds = (await cluster.cpuSeconds()) - before
    context.results.addRun(place, { ...done, serverCpuSeconds, reference })
    if (side === 'list') context.results.addUsage(place, JSON.parse(done.stdout) as FloorReport)
    return `${done.seconds.toFixed(2)} s`
  })

/** Keeps requests and traffic; the cluster must be one that counts. */
export const countedRun: Run = (context, cluster, scenario, side, set) =>
  guarded(context, scenario, side, set, async (place) => {
    const { network, requests } = cluster
    if (network === undefined || requests === undefined) throw new Error('this cluster counts nothing')
    await requests.skip()
    network.take()
    const loginsBefore = cluster.logins()
    await run(context, cluster, side, set)
    const traffic = network.take()
    const counts = await requests.take((event) => isOf(side, event))
    const logins = cluster.logins() - loginsBefore
    context.results.addCounts(place, { requests: counts, traffic, logins })
    return `${counts.total} requests`
  })

async function guarded(
  { results, log, signal }: BenchContext,
  scenario: Scenario,
  side: Side,
  { databases, objects }: ManifestSet,
  attempt: (place: Parameters<typeof results.addRun>[0]) => Promise<string>,
): Promise<boolean> {
  const place = { databases, objects: objects.length, scenario, side }
  const what = `  ${scenario.padEnd(10)} ${SIDE_NAMES[side].padEnd(28)}`
  try {
    log(`${what} ${await attempt(place)}`)
    return true
  } catch (error) {
    signal.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    results.addFailure(place, message)
    log(`${what} FAILED: ${message}`)
    return false
  }
}
