/** How often a probe has to succeed or fail before it counts. */
import type { Probe } from './objects.ts'

/** The defaults that the API server fills in; repeated because the node may see a hand-made pod. */
export const probeDefaults = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 } as const

/**
 * Counts the results of one probe of one running container.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
 */
export class ProbeThreshold {
  readonly #needed: Readonly<Record<'success' | 'failure', number>>
  #last: 'success' | 'failure' | undefined
  #run = 0

  constructor(probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>) {
    this.#needed = {
      success: probe.successThreshold ?? probeDefaults.successThreshold,
      failure: probe.failureThreshold ?? probeDefaults.failureThreshold,
    }
  }

  /** Records one result; says what the container is now known to be, or nothing while the threshold is not reached. */
  record(result: 'success' | 'failure'): 'success' | 'failure' | undefined {
    this.#run = this.#last === result ? this.#run + 1 : 1
    this.#last = result
    return this.#run >= this.#needed[result] ? result : undefined
  }
}
