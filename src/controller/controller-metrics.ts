import { DatabaseMetrics } from './database-metrics.ts'
import { QUEUE_BUCKETS, RECONCILE_BUCKETS } from './histogram-buckets.ts'
import { MetricsRegistry } from './metrics.ts'
import type { Counter, Histogram, Labels } from './metrics.ts'
import type { WorkQueue, WorkQueueObserver } from './work-queue.ts'
import type { WorkResult } from './workers.ts'

const RESULTS: readonly WorkResult[] = ['success', 'requeue_after', 'error']

/** The word of a reply to a request that brought none. */
const NO_REPLY = '<error>'

/**
 * What the controller counts of its own work, under the names that controller-runtime and client-go gave to it.
 * @see https://book.kubebuilder.io/reference/metrics-reference
 */
export class ControllerMetrics {
  readonly registry = new MetricsRegistry()
  /** What is known of each database. */
  readonly databases = new DatabaseMetrics(this.registry)
  readonly #controller: string
  readonly #reconciles: Counter
  readonly #errors: Counter
  readonly #seconds: Histogram
  readonly #queueAdds: Counter
  readonly #queueRetries: Counter
  readonly #queueWaits: Histogram
  readonly #queueWork: Histogram
  readonly #requests: Counter
  readonly #interruptions: Counter
  readonly #droppedEvents: Counter

  /** @param controller - its name: value of the label `controller`, and `name` of the queue */
  constructor(controller: string) {
    const { registry } = this
    const ofController = { labels: ['controller'] }
    const ofQueue = { labels: ['name', 'controller'] }
    this.#controller = controller
    this.#reconciles = registry.counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Total number of reconciliations per controller',
      labels: ['controller', 'result'],
    })
    this.#errors = registry.counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Total number of reconciliation errors per controller',
      ...ofController,
    })
    this.#seconds = registry.histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Length of time per reconciliation per controller',
      buckets: RECONCILE_BUCKETS,
      ...ofController,
    })
    this.#queueAdds = registry.counter({
      name: 'workqueue_adds_total',
      help: 'Total number of adds handled by workqueue',
      ...ofQueue,
    })
    this.#queueRetries = registry.counter({
      name: 'workqueue_retries_total',
      help: 'Total number of retries handled by workqueue',
      ...ofQueue,
    })
    this.#queueWaits = registry.histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long in seconds an item stays in workqueue before being requested',
      buckets: QUEUE_BUCKETS,
      ...ofQueue,
    })
    this.#queueWork = registry.histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long in seconds processing an item from workqueue takes.',
      buckets: QUEUE_BUCKETS,
      ...ofQueue,
    })
    this.#requests = registry.counter({
      name: 'rest_client_requests_total',
      help: 'Number of HTTP requests, partitioned by status code, method, and host.',
      labels: ['code', 'method', 'host'],
    })
    this.#interruptions = registry.counter({
      name: 'database_watch_interrupted_total',
      help: 'Total number of times that a watch of the kind was interrupted; it goes on by itself',
      labels: ['kind'],
    })
    this.#droppedEvents = registry.counter({
      name: 'database_events_dropped_total',
      help: 'Total number of Events that were not told because there were too many, of one object or of all',
    })
    // From the beginning, so that a rate can be told from the first of each.
    for (const result of RESULTS) this.#reconciles.add({ controller, result }, 0)
    this.#errors.add({ controller }, 0)
    this.#droppedEvents.add(undefined, 0)
    for (const counter of [this.#queueAdds, this.#queueRetries]) counter.add(this.#queueLabels, 0)
  }

  /** A reconciliation that ended. */
  reconciled(result: WorkResult, durationMs: number): void {
    const controller = this.#controller
    this.#reconciles.add({ controller, result })
    if (result === 'error') this.#errors.add({ controller })
    this.#seconds.observe({ controller }, durationMs / 1000)
  }

  /** To be given to the queue. */
  get queueObserver(): WorkQueueObserver {
    const labels = this.#queueLabels
    return {
      onAdd: () => this.#queueAdds.add(labels),
      onRetry: () => this.#queueRetries.add(labels),
      onStart: (waitedMs) => this.#queueWaits.observe(labels, waitedMs / 1000),
      onDone: (workedMs) => this.#queueWork.observe(labels, workedMs / 1000),
    }
  }

  /** Shows what is in the queue whenever somebody asks. */
  watchQueue(queue: Pick<WorkQueue, 'depth' | 'unfinishedMs' | 'longestRunningMs'>): void {
    const labels = this.#queueLabels
    const gauge = (name: string, help: string, read: () => number): void =>
      this.registry.observedGauge({ name, help, labels: Object.keys(labels) }, () => [{ labels, value: read() }])
    gauge('workqueue_depth', 'Current depth of workqueue', () => queue.depth)
    gauge(
      'workqueue_unfinished_work_seconds',
      "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. " +
        'Large values indicate work that is stuck.',
      () => queue.unfinishedMs / 1000,
    )
    gauge(
      'workqueue_longest_running_processor_seconds',
      'How many seconds has the longest running processor for workqueue been running.',
      () => queue.longestRunningMs / 1000,
    )
  }

  /** Shows whether this process leads whenever somebody asks. @param name - of the Lease */
  watchElection(name: string, election: { readonly isLeading: boolean }): void {
    this.registry.observedGauge(
      {
        name: 'leader_election_master_status',
        help: "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease.",
        labels: ['name'],
      },
      () => [{ labels: { name }, value: election.isLeading ? 1 : 0 }],
    )
  }

  /** A request to the API server. @param code - HTTP status; none where no answer came */
  requested(method: string, host: string, code: number | undefined): void {
    this.#requests.add({ code: code === undefined ? NO_REPLY : String(code), method, host })
  }

  /** A watch that was interrupted. */
  watchInterrupted(kind: string): void {
    this.#interruptions.add({ kind })
  }

  /** An Event that was not told because there were too many. */
  eventDropped(): void {
    this.#droppedEvents.add()
  }

  get #queueLabels(): Labels {
    return { name: this.#controller, controller: this.#controller }
  }
}
