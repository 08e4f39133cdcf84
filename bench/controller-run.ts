/** Runs of the controller, each in a cluster of its own. */
import { setTimeout as delay } from 'node:timers/promises'
import type { AuditEvent } from '../test/cluster/audit-log.ts'
import { isStoredWrite } from '../test/cluster/audit-log.ts'
import { startBenchCluster } from './cluster.ts'
import type { BenchCluster } from './cluster.ts'
import { DISTURBED, createDatabases, disturb, furnish, readyCounter, watchedBytes } from './controller-databases.ts'
import { runFloor } from './controller-floor.ts'
import type { RecordedWrites } from './controller-floor.ts'
import type { ControllerBenchOptions } from './controller-options.ts'
import { startController } from './controller-process.ts'
import type { RunningController } from './controller-process.ts'
import type { FleetResult, FloorResult, QuietResult } from './controller-results.ts'
import { watchMachine } from './machine-figures.ts'
import { countRequests } from './requests.ts'
import { untilQuiet } from './settling.ts'
import type { Programs } from './sides.ts'

/** What a run works with. */
export interface ControllerBench {
  readonly options: ControllerBenchOptions
  readonly programs: Programs
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** Changes of children whose correction is measured, and the time between two of them. */
const CORRECTIONS = 200
const CORRECTION_EVERY_MS = 50

/** The cluster's own programs, the node and this one have other user agents; nobody else forwards ports. */
const isOfController = ({ userAgent = '', objectRef }: AuditEvent): boolean =>
  userAgent.startsWith('cdk8s-database') || objectRef?.subresource === 'portforward'

interface Setting {
  readonly cluster: BenchCluster
  readonly controller: RunningController
  readonly events: () => Promise<readonly AuditEvent[]>
}

async function withController<Result>(
  { options, programs, log }: ControllerBench,
  audit: 'Metadata' | 'Request',
  work: (setting: Setting) => Promise<Result>,
): Promise<Result> {
  const cluster = await startBenchCluster({ counted: false, audit, log })
  try {
    const { requests } = cluster
    if (requests === undefined) throw new Error('this cluster keeps no record')
    await furnish(cluster.api)
    const controller = await startController({
      command: programs.command,
      flags: options.flags,
      kubeconfig: cluster.kubeconfig,
      work: programs.work,
      profile: programs.profiles,
    })
    try {
      await requests.skip()
      return await work({ cluster, controller, events: () => requests.events(() => true) })
    } finally {
      await controller.stop()
    }
  } finally {
    await cluster.stop()
  }
}

/** Creates so many databases at once. @returns what was measured, and the writes where bodies were recorded */
export function measureFleet(
  bench: ControllerBench,
  databases: number,
  audit: 'Metadata' | 'Request' = 'Metadata',
): Promise<{ readonly result: FleetResult; readonly recorded: RecordedWrites }> {
  const { signal, log } = bench
  return withController(bench, audit, async ({ cluster, controller, events }) => {
    const watching = new AbortController()
    const untilReady = await readyCounter(cluster.api, AbortSignal.any([signal, watching.signal]))
    const before = { cpu: controller.figures().cpuSeconds, server: await cluster.cpuSeconds() }
    const disturbance = await watchMachine(async () => controller.figures().cpuSeconds + (await cluster.cpuSeconds()))
    const begin = performance.now()
    const uids = await createDatabases(cluster.api, databases)
    const seconds = ((await untilReady(databases)) - begin) / 1000
    const { share } = await disturbance()
    log(`  ${databases} databases are Ready after ${seconds.toFixed(1)} s`)
    await untilQuiet(cluster.api, signal)
    const { cpuSeconds, peakMemoryBytes } = controller.figures()
    const serverCpuSeconds = (await cluster.cpuSeconds()) - before.server
    const ours = (await events()).filter(isOfController)
    const corrections = await correct(cluster, databases, events, signal)
    watching.abort()
    const result: FleetResult = {
      databases,
      seconds,
      othersShare: share,
      requests: countRequests(ours),
      cpuSeconds: cpuSeconds - before.cpu,
      serverCpuSeconds,
      peakMemoryBytes: Math.max(peakMemoryBytes, controller.figures().peakMemoryBytes),
      corrections,
      watchedBytes: await watchedBytes(cluster.api),
      complaints: controller.complaints(),
    }
    return { result, recorded: { events: ours, uid: uids[0] ?? '' } }
  })
}

/** Sends the same writes bare. */
export async function measureFloor(
  { programs, signal, log }: ControllerBench,
  databases: number,
  recorded: RecordedWrites,
): Promise<FloorResult> {
  const cluster = await startBenchCluster({ counted: false, audit: 'Metadata', log })
  try {
    await furnish(cluster.api)
    const uids = await createDatabases(cluster.api, databases)
    await untilQuiet(cluster.api, signal)
    const before = await cluster.cpuSeconds()
    let client = 0
    const disturbance = await watchMachine(async () => client + (await cluster.cpuSeconds()))
    const { seconds, cpuSeconds, writes } = await runFloor(cluster, recorded, uids, { ...programs, signal })
    client = cpuSeconds
    const { share } = await disturbance()
    log(`  the same writes by bare requests took ${seconds.toFixed(1)} s`)
    await untilQuiet(cluster.api, signal)
    const serverCpuSeconds = (await cluster.cpuSeconds()) - before
    return { seconds, othersShare: share, writes, cpuSeconds, serverCpuSeconds }
  } finally {
    await cluster.stop()
  }
}

/** How long it takes until a change is put right, by the API server's clock: from its reply to the next request. */
async function correct(
  { api }: BenchCluster,
  databases: number,
  events: () => Promise<readonly AuditEvent[]>,
  signal: AbortSignal,
): Promise<readonly number[]> {
  // Few must have been put right before they are changed again, which takes its time.
  const isFew = databases < CORRECTIONS
  for (let turn = 0; turn < (isFew ? CORRECTIONS / 4 : CORRECTIONS); turn += 1) {
    await disturb(api, turn % databases)
    await delay(isFew ? CORRECTION_EVERY_MS * 4 : CORRECTION_EVERY_MS, undefined, { signal })
  }
  await untilQuiet(api, signal)
  const changedAt = new Map<string, string>()
  const corrections: number[] = []
  for (const event of await events()) {
    const { objectRef, stageTimestamp, requestReceivedTimestamp } = event
    if (objectRef?.resource !== DISTURBED || event.verb !== 'patch' || !isStoredWrite(event)) continue
    const name = objectRef.name ?? ''
    const changed = changedAt.get(name)
    if (!isOfController(event)) changedAt.set(name, stageTimestamp)
    else if (changed !== undefined) {
      corrections.push(microseconds(requestReceivedTimestamp, changed) / 1000)
      changedAt.delete(name)
    }
  }
  if (changedAt.size > 0) throw new Error(`${changedAt.size} changes were not put right`)
  return corrections.toSorted((a, b) => a - b)
}

/** Between two moments of the record, which are told in microseconds. */
function microseconds(later: string, earlier: string): number {
  const micros = (text: string): number => Date.parse(text) * 1000 + Number(text.slice(-4, -1))
  return Math.max(0, micros(later) - micros(earlier))
}

/** Lets a converged fleet alone. */
export function measureQuiet(bench: ControllerBench, databases: number): Promise<QuietResult> {
  const { options, signal, log } = bench
  const { minutes } = options
  return withController(bench, 'Metadata', async ({ cluster, controller, events }) => {
    const watching = new AbortController()
    const untilReady = await readyCounter(cluster.api, AbortSignal.any([signal, watching.signal]))
    await createDatabases(cluster.api, databases)
    await untilReady(databases)
    watching.abort()
    await untilQuiet(cluster.api, signal)
    log(`  ${databases} databases are Ready, and are let alone for ${minutes} minutes`)
    await events()
    const before = controller.figures().cpuSeconds
    await delay(minutes * 60_000, undefined, { signal })
    const { cpuSeconds, peakMemoryBytes } = controller.figures()
    const requests = countRequests((await events()).filter(isOfController))
    return { databases, minutes, requests, cpuSeconds: cpuSeconds - before, memoryBytes: peakMemoryBytes }
  })
}
