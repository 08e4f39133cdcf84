/** The end of a running container: preStop hook, stop signal, and after the grace period the kill. */
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from './objects.ts'
import { attemptProbe } from './probe-attempt.ts'
import type { ProbeResult, ProbeTarget } from './probe-attempt.ts'
import { signalProcess } from './process-table.ts'
import type { RunningProcess } from './processes.ts'

/** A container to stop. */
export interface StopRequest {
  readonly spec: Container
  readonly running: RunningProcess
  /** From the beginning of the preStop hook to the kill. */
  readonly graceMs: number
  /** Where the hook runs. */
  readonly target: ProbeTarget
  kill(pid: number): Promise<void>
  onHookFailure(message: string): void
}

/** The least that a container gets between its stop signal and the kill, as with the kubelet. */
const minimumGraceMs = 2000
/** What the official PostgreSQL images say: fast shutdown. */
const imageStopSignal = 'SIGINT'

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name)

/** Resolves when the process is gone. */
export async function stopContainer(request: StopRequest): Promise<void> {
  const { spec, running, graceMs } = request
  const startMs = Date.now()
  if (spec.lifecycle?.preStop !== undefined && graceMs > 0) await runHook(request)
  const { stopSignal = imageStopSignal } = spec.lifecycle ?? {}
  signalProcess(running.pid, isSignal(stopSignal) ? stopSignal : imageStopSignal)
  const leftMs = graceMs === 0 ? 0 : Math.max(graceMs - (Date.now() - startMs), minimumGraceMs)
  if (!(await endsWithin(running, leftMs))) await request.kill(running.pid)
  await running.exited
}

const runHook = async (request: StopRequest): Promise<void> => {
  const { spec, running, graceMs, target } = request
  const hook = spec.lifecycle?.preStop ?? {}
  const run = async (): Promise<ProbeResult> => {
    if (hook.sleep === undefined) return attemptProbe(hook, target, graceMs)
    await endsWithin(running, hook.sleep.seconds * 1000)
    return { result: 'success', message: '' }
  }
  const late = endsWithin(running, graceMs).then((): ProbeResult => ({ result: 'success', message: '' }))
  const outcome = await Promise.race([run(), late])
  if (outcome.result === 'failure') request.onHookFailure(outcome.message)
}

/** Whether the process ends in time. */
const endsWithin = async ({ exited }: RunningProcess, ms: number): Promise<boolean> => {
  const ended = new AbortController()
  const patience = sleep(ms, false, { signal: ended.signal }).catch(() => true)
  const result = await Promise.race([exited.then(() => true), patience])
  ended.abort()
  return result
}
