import { API_VERSION, KIND } from '../api/group.ts'
import { backupSelectorLabels, objectLabels, selectorLabels } from '../api/labels.ts'
import type { ClusterApi, ObjectQuery } from '../applier/cluster/cluster-api.ts'
import { WarningEvents } from '../applier/cluster/warning-events.ts'
import { isForbidden } from '../cluster/error-guards.ts'
import type { WatchEvent } from '../cluster/watch-event.ts'
import { FleetView } from './fleet-view.ts'
import { Reconciler } from './reconciler.ts'
import type { ReconcilerOptions } from './reconciler-options.ts'
import { WHOLE, isInShard } from './shard.ts'
import type { Shard } from './shard.ts'
import { covers, Sight } from './sight.ts'
import { WorkQueue } from './work-queue.ts'
import type { WorkQueueObserver } from './work-queue.ts'
import { runWorkers } from './workers.ts'
import type { FinishedWork } from './workers.ts'

/** How a controller behaves. */
export interface ControllerOptions extends Omit<ReconcilerOptions, 'stop' | 'missingIn'> {
  /** Namespaces whose databases it looks after; none means all. */
  readonly namespaces: readonly string[]
  /** Labels that a database must have, in the API's text form. @default every database */
  readonly selector?: string | undefined
  /** The part of the databases that it looks after. @default all of them */
  readonly shard?: Shard
  /** Databases that are worked on at the same time. */
  readonly workers: number
  /** A value in [0, 1), for jitter. @default `Math.random` */
  readonly random?: () => number
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

const MANAGED = `app.kubernetes.io/managed-by=${objectLabels('')['app.kubernetes.io/managed-by']}`
const [OF_SERVERS, OF_DUMPS] = [selectorLabels(''), backupSelectorLabels('')].map(
  (labels) => labels['app.kubernetes.io/name'] ?? '',
)

/**
 * What is watched: each kind once, however many databases there are, so that what a list does not hold is gone. Secrets are
 * not: no view holds a password.
 */
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
    ['policy/v1', 'PodDisruptionBudget'],
    ['batch/v1', 'CronJob'],
  ].map(([apiVersion = '', kind = '']) => ({ apiVersion, kind, labelSelector: MANAGED })),
  // What is made from a template carries only what chooses it. Claims are of both: the data's, and the dumps'.
  ...[
    ['v1', 'Pod', `=${OF_SERVERS}`],
    ['v1', 'PersistentVolumeClaim', ` in (${OF_SERVERS},${OF_DUMPS})`],
    ['batch/v1', 'Job', `=${OF_DUMPS}`],
  ].map(([apiVersion = '', kind = '', names = '']) => ({
    apiVersion,
    kind,
    labelSelector: `app.kubernetes.io/name${names}`,
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
  const { signal, namespaces, selector, shard = WHOLE, workers, random = Math.random } = options
  const scopes = namespaces.length === 0 ? [{ namespace: undefined }] : namespaces.map((namespace) => ({ namespace }))
  const events = new WarningEvents(api, () => scopes, options.now)
  const queue = new WorkQueue({ observer: options.queueObserver })
  options.onQueue(queue)
  const view = new FleetView(
    (key) => queue.add(key),
    (key) => events.of(key),
    (key) => isInShard(key, shard),
  )
  const ending = new AbortController()
  const stop = AbortSignal.any([signal, ending.signal])
  const queries = scopes.flatMap(({ namespace }) =>
    WATCHED.map((query) => ({
      ...query,
      ...(namespace === undefined ? {} : { namespace }),
      // Children do not carry the labels of their database; those of others are known and never looked at.
      ...(selector === undefined || query.kind !== KIND ? {} : { labelSelector: selector }),
    })),
  )
  const sight = new Sight()
  const lookAgain = (query: ObjectQuery): void => {
    for (const key of view.keys()) if (covers(query, key.slice(0, key.indexOf('/')))) queue.add(key)
  }
  const informers = queries.map((query) =>
    inform(api, view, query, stop, {
      ...options,
      onForbidden: (message) => {
        if (sight.lose(query, message)) lookAgain(query)
      },
      onResumed: () => {
        if (sight.regain(query)) lookAgain(query)
      },
    }),
  )
  const reconciler = new Reconciler(api, view, {
    ...options,
    stop,
    missingIn: (namespace) => sight.missingIn(namespace),
  })
  void Promise.all(informers.map(({ synced }) => synced)).then(() => options.onSynced(view.keys().length))
  try {
    // What may not be seen holds up the databases that it belongs to, and no others.
    await Promise.race([Promise.all(informers.map(({ settled }) => settled)), aborted(stop)])
    if (!stop.aborted) {
      for (const key of view.keys()) queue.add(key)
      const working = runWorkers(queue, {
        workers,
        work: async (key) => {
          const again = await reconciler.reconcile(key)
          return again === undefined ? {} : { requeueAfterMs: spread(again.afterMs, random()) }
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

/** By how much a look comes later at most, as a share of the wait: those who failed together do not come back together. */
const SPREAD = 0.1

function spread(afterMs: number, random: number): number {
  return Math.round(afterMs * (1 + SPREAD * random))
}

/** What the follower of a collection tells. */
interface Listener extends Pick<ControllerOptions, 'onInterrupted'> {
  readonly onForbidden: (message: string) => void
  readonly onResumed: () => void
}

/** A collection that is followed. */
interface Informer {
  /** Everything that is there is known. */
  readonly synced: Promise<void>
  /** The same, or it may not be seen. */
  readonly settled: Promise<void>
  readonly ended: Promise<void>
}

/** Follows one collection. */
function inform(
  api: ClusterApi,
  view: FleetView,
  query: ObjectQuery,
  stop: AbortSignal,
  { onInterrupted, onForbidden, onResumed }: Listener,
): Informer {
  const [synced, settled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const take = (event: WatchEvent): void => {
    if (event.type === 'synced') {
      if (event.listed !== undefined) view.keepListed(query, event.listed, event.resourceVersion)
      synced.resolve()
      settled.resolve()
    } else if (event.type === 'interrupted') {
      onInterrupted(query.kind, event.error)
      if (!isForbidden(event.error)) return
      onForbidden(event.error.message)
      settled.resolve()
    } else if (event.type === 'resumed') onResumed()
    else view.take(event)
  }
  return { synced: synced.promise, settled: settled.promise, ended: api.watch(query, take, stop) }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
