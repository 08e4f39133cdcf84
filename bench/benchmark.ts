/**
 * The course of a benchmark. Sides alternate, so that a machine that is busy for a while is busy for all of them; each
 * first apply has a new cluster; what follows shares one, where each side has namespaces of its own.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCluster } from './cluster.ts'
import type { BenchContext } from './context.ts'
import { withFreshCluster } from './fresh-cluster.ts'
import { changeImages, changeOneObject, copySet, synthesise } from './manifests.ts'
import type { ManifestSet } from './manifests.ts'
import { countedRun, run, timedRun } from './runs.ts'
import type { Run } from './runs.ts'
import type { Scenario } from './results.ts'
import { untilQuiet, untilSettled } from './settling.ts'
import { isOurs } from './sides.ts'
import type { Side } from './sides.ts'

/**
 * Copies of the same manifests: ours, and what kubectl and the PATCHes work on. Two field managers of one name that do
 * not write the same (ours adds owner references) would take each other's fields away.
 */
interface Sets {
  readonly ours: ManifestSet
  readonly others: ManifestSet
}

const setOf = (sets: Sets, side: Side): ManifestSet => (isOurs(side) || side === 'list' ? sets.ours : sets.others)

/** Measures one size. */
export async function measureSize(context: BenchContext, databases: number): Promise<void> {
  const { options, programs, log } = context
  const directory = join(programs.work, String(databases))
  try {
    const base = await synthesise(join(directory, 'base'), databases, options.namespaces)
    log(`${databases} databases, ${base.objects.length} objects, timed`)
    await time(context, freshSets(base, join(directory, 'timed')))
    if (!options.counts) return
    log(`${databases} databases, counted`)
    await count(context, freshSets(base, join(directory, 'counted')))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function freshSets(base: ManifestSet, directory: string): Sets {
  return { ours: copySet(base, join(directory, 'ours'), 'a'), others: copySet(base, join(directory, 'others'), 'b') }
}

const WRITERS: readonly Side[] = ['apply', 'patch', 'ours']

async function time(context: BenchContext, sets: Sets): Promise<void> {
  const { rounds, sides, scenarios } = context.options
  const chosen = WRITERS.filter((side) => sides.includes(side))
  const isMeasured = scenarios.includes('first')
  const writers = isMeasured ? chosen : chosen.filter((side) => side === 'ours')
  // Who only fills the cluster for the others does so once.
  for (let round = isMeasured ? rounds - 1 : 0; round >= 0; round -= 1) {
    // Every side comes first in turn; in the last round ours comes last, and the rest happens in its cluster.
    for (const side of rotated(writers, round)) {
      const isLast = round === 0 && side === writers.at(-1)
      await withFreshCluster(context, Object.values(sets), false, async (cluster) => {
        const isDone = await timedRun(context, cluster, 'first', side, setOf(sets, side))
        if (isLast) await repeat(context, cluster, sets, isDone ? side : undefined, rounds, timedRun)
      })
    }
  }
  if (writers.length > 0) return
  await withFreshCluster(context, Object.values(sets), false, (cluster) =>
    repeat(context, cluster, sets, undefined, rounds, timedRun),
  )
}

/** Once through everything, in one cluster. */
function count(context: BenchContext, sets: Sets): Promise<void> {
  const { sides } = context.options
  return withFreshCluster(context, Object.values(sets), true, async (cluster) => {
    if (sides.includes('apply')) await countedRun(context, cluster, 'first', 'apply', sets.others)
    const isDone = sides.includes('ours') && (await countedRun(context, cluster, 'first', 'ours', sets.ours))
    await repeat(context, cluster, sets, isDone ? 'ours' : undefined, 1, countedRun)
  })
}

/** Sides in the order of a round: what is quick twice, with everything else before it once and behind it once. */
const UNCHANGED: readonly Side[] = ['list', 'ours', 'anew', 'apply', 'ours', 'list', 'anew', 'diff', 'patch']
const CHANGED: readonly Side[] = ['ours', 'apply']

/** Everything that follows a first apply by `filledBy`, or by nobody. */
async function repeat(
  context: BenchContext,
  cluster: BenchCluster,
  sets: Sets,
  filledBy: Side | undefined,
  rounds: number,
  measured: Run,
): Promise<void> {
  const { signal, options } = context
  // What was not applied by ours is not unchanged for ours.
  const sides = new Set(options.sides.filter((side) => !isOurs(side) || filledBy === 'ours'))
  const { databases } = sets.ours
  const used = new Set([...sides].map((side) => setOf(sets, side)))
  for (const set of used) {
    const isFilled = filledBy !== undefined && setOf(sets, filledBy) === set
    if (!isFilled) await run(context, cluster, 'patch', set)
  }
  const settle = async (): Promise<void> => {
    for (const set of used) await untilSettled(cluster.api, set.namespaces, databases, signal)
  }
  await settle()
  // What a run remembers it has from one that found nothing to do, as kubectl has a cache of what the server serves.
  if (sides.has('ours')) await run(context, cluster, 'ours', sets.ours)
  const { scenarios } = options
  const measuredIn = (scenario: Scenario, order: readonly Side[]): Side[] =>
    scenarios.includes(scenario) ? order.filter((side) => sides.has(side)) : []
  const unchanged = measuredIn('unchanged', UNCHANGED)
  for (let round = 0; round < rounds; round += 1) {
    for (const side of measured === countedRun ? new Set(unchanged) : unchanged) {
      await measured(context, cluster, 'unchanged', side, setOf(sets, side))
      await untilQuiet(cluster.api, signal)
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const side of rotated(measuredIn('image', CHANGED), round)) {
      changeImages(setOf(sets, side))
      await measured(context, cluster, 'image', side, setOf(sets, side))
      await settle()
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const side of rotated(measuredIn('one', CHANGED), round)) {
      changeOneObject(setOf(sets, side), String(round))
      await measured(context, cluster, 'one', side, setOf(sets, side))
      await untilQuiet(cluster.api, signal)
    }
  }
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
