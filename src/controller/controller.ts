import { API_VERSION, KIND } from '../api/group.ts'
import { objectLabels, selectorLabels } from '../api/labels.ts'
import type { ClusterApi, ObjectQuery } from '../applier/cluster/cluster-api.ts'
import { WarningEvents } from '../applier/cluster/warning-events.ts'
import { FleetView } from './fleet-view.ts'
import { Reconciler } from './reconciler.ts'
import type { ReconcilerOptions } from './reconciler.ts'
import { WorkQueue } from './work-queue.ts'
import type { WorkQueueObserver } from './work-queue.ts'
import { runWorkers } from './workers.ts'
import type { FinishedWork } from './workers.ts'

/** How a controller behaves. */
export interface ControllerOptions extends Omit<ReconcilerOptions, 'stop'> {
  /** Namespaces whose databases it looks after; none means all. */
  readonly namespaces: readonly string[]
  /** Databases that are worked on at the same time. */
  readonly workers: number
  /** Ends the controller: what is under way is finished or stops between two steps. */
  readonly signal: AbortSignal
  /** Told when everything that is there is known, with the number of databases. */
  readonly onSynced: (databases: number) => void
  /** Counts what the queue does. */
  readonly queueObserver: WorkQueueObserver
  /** Told of the queue, for whoever wants to look at it. */
  readonly onQueue: (queue: WorkQueue) => void
  /** Told after each look at a database. */
  readonly onFinished: (finished: FinishedWork) => void
  /** Told when a watch had to be interrupted; it goes on by itself. */
  readonly onInterrupted: (kind: string, error: unknown) => void
}

const MANAGED = 'app.kubernetes.io/managed-by'
const NAME = 'app.kubernetes.io/name'

/** What is watched: each kind once, however many databases there are. Secrets are not: no view holds a password. */
const WATCHED: readonly ObjectQuery[] = [
  { apiVersion: API_VERSION, kind: KIND },
  ...[
    ['apps/v1', 'StatefulSet'],
    ['v1', 'Service'],
    ['v1', 'ConfigMap'],
    ['v1', 'ServiceAccount'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
  ].map(([apiVersion = '', kind = '']) => ({
    apiVersion,
    kind,
    labelSelector: `${MANAGED}=${objectLabels('')[MANAGED]}`,
  })),
  // Pods and claims are made from a template that carries only what chooses them.
  ...['Pod', 'PersistentVolumeClaim'].map((kind) => ({
    apiVersion: 'v1',
    kind,
    labelSelector: `${NAME}=${selectorLabels('')[NAME]}`,
  })),
]

/**
 * Looks after databases until it is told to end.
 *
 * Workflow: one list and one watch per kind; when all lists are there, every database is looked at once; from then on
 * those about which a watch tells something, and those whose time has come.
 *
 * Safety: one worker per database at a time; one that is slow or fails delays no other. Nothing is remembered that could
 * not be observed again.
 */
export async function runController(api: ClusterApi, options: ControllerOptions): Promise<void> {
  const { signal, namespaces, workers } = options
  const scopes = namespaces.length === 0 ? [{ namespace: undefined }] : namespaces.map((namespace) => ({ namespace }))
  const events = new WarningEvents(api, () => scopes, options.now)
  const queue = new WorkQueue({ observer: options.queueObserver })
  options.onQueue(queue)
  const view = new FleetView(
    (key) => queue.add(key),
    (key) => events.of(key),
  )
  const ending = new AbortController()
  const stop = AbortSignal.any([signal, ending.signal])
  const queries = scopes.flatMap(({ namespace }) =>
    WATCHED.map((query) => (namespace === undefined ? query : { ...query, namespace })),
  )
  const informers = queries.map((query) => inform(api, view, query, stop, options.onInterrupted))
  const reconciler = new Reconciler(api, view, { ...options, stop })
  try {
    await Promise.race([Promise.all(informers.map(({ synced }) => synced)), aborted(stop)])
    if (!stop.aborted) {
      const keys = view.keys()
      options.onSynced(keys.length)
      for (const key of keys) queue.add(key)
      const working = runWorkers(queue, {
        workers,
        work: async (key) => {
          const again = await reconciler.reconcile(key)
          return again === undefined ? {} : { requeueAfterMs: again.afterMs }
        },
        onFinished: options.onFinished,
      })
      await aborted(stop)
      await queue.close()
      await working
    }
  } finally {
    ending.abort()
    await Promise.all(informers.map(({ ended }) => ended))
  }
}

/** Follows one collection. */
function inform(
  api: ClusterApi,
  view: FleetView,
  query: ObjectQuery,
  stop: AbortSignal,
  onInterrupted: ControllerOptions['onInterrupted'],
): { readonly synced: Promise<void>; readonly ended: Promise<void> } {
  const { promise: synced, resolve } = Promise.withResolvers<void>()
  const ended = api.watch(
    query,
    (event) => {
      if (event.type === 'synced') resolve()
      else if (event.type === 'interrupted') onInterrupted(query.kind, event.error)
      else view.take(event)
    },
    stop,
  )
  return { synced, ended }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
