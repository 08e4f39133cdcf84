/**
 * The probes of one running container, with the kubelet's timing: ticks every period from the start, nothing but the
 * startup probe until that one has succeeded, thresholds in both directions.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.2/pkg/kubelet/prober/worker.go
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container, Probe } from './objects.ts'
import { attemptProbe } from './probe-attempt.ts'
import type { ProbeTarget } from './probe-attempt.ts'
import { ProbeThreshold, probeDefaults } from './probe-threshold.ts'

/** The three kinds of probe. */
type ProbeKind = 'startup' | 'readiness' | 'liveness'

/** What the results of probes mean for the container. */
export interface ProbeObserver {
  /** The startup probe has succeeded, or there is none. */
  onStarted(): void
  onReady(ready: boolean): void
  /** The container has to be restarted. */
  onUnhealthy(kind: ProbeKind, probe: Probe): void
  /** One attempt has failed. */
  onFailure(kind: ProbeKind, message: string): void
}

/** How much sooner the next startup probe comes where only a test waits for it. */
const QUICK_FACTOR = 5

/** Runs the probes of `container` until `signal` aborts. @param quick startup probes come sooner than the kubelet's */
export function watchProbes(
  container: Container,
  target: ProbeTarget,
  observer: ProbeObserver,
  signal: AbortSignal,
  quick = false,
): void {
  const startedAtMs = Date.now()
  const started = Promise.withResolvers<void>()
  const onStarted = (): void => {
    observer.onStarted()
    started.resolve()
    if (container.readinessProbe === undefined) observer.onReady(true)
  }

  const run = async (kind: ProbeKind, probe: Probe): Promise<void> => {
    const kubeletMs = (probe.periodSeconds ?? probeDefaults.periodSeconds) * 1000
    const periodMs = kind === 'startup' && quick ? kubeletMs / QUICK_FACTOR : kubeletMs
    const timeoutMs = (probe.timeoutSeconds ?? probeDefaults.timeoutSeconds) * 1000
    const patience = (probe.failureThreshold ?? probeDefaults.failureThreshold) * (kubeletMs / periodMs)
    const threshold = new ProbeThreshold({ ...probe, failureThreshold: patience })
    // The kubelet probes readiness at once when the container has started; liveness at its next tick.
    if (kind === 'readiness') await aborted(started.promise, signal)
    for (let tick = 0; !signal.aborted; tick++) {
      const elapsedMs = Date.now() - startedAtMs
      if (elapsedMs >= (probe.initialDelaySeconds ?? 0) * 1000) {
        const { result, message } = await attemptProbe(probe, target, timeoutMs)
        if (signal.aborted) return
        if (result === 'failure') observer.onFailure(kind, message)
        const known = threshold.record(result)
        if (known !== undefined && kind === 'readiness') observer.onReady(known === 'success')
        if (known === 'failure' && kind !== 'readiness') return observer.onUnhealthy(kind, probe)
        if (known === 'success' && kind === 'startup') return onStarted()
      }
      const sinceTickMs = Date.now() - startedAtMs - elapsedMs
      await sleep(Math.max(periodMs - sinceTickMs, 0), undefined, { signal }).catch(() => undefined)
    }
  }

  if (container.startupProbe === undefined) onStarted()
  else void run('startup', container.startupProbe)
  if (container.readinessProbe !== undefined) void run('readiness', container.readinessProbe)
  const { livenessProbe } = container
  if (livenessProbe !== undefined) void aborted(started.promise, signal).then(() => run('liveness', livenessProbe))
}

/** Waits for `promise`, but no longer than until `signal` aborts. */
const aborted = async (promise: Promise<void>, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  const { promise: abort, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([promise, abort])
}
