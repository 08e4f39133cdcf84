import { EXIT } from '../api/exit-code.ts'
import { InputError } from '../api/input-error.ts'
import { tcpProbe } from '../applier/databases/dependencies.ts'
import { parseSelector } from '../applier/set/subset.ts'
import { steadyClock } from '../cluster/clock.ts'
import { ControllerMetrics } from '../controller/controller-metrics.ts'
import { runController } from '../controller/controller.ts'
import { EventRecorder } from '../controller/event-recorder.ts'
import { JsonLog } from '../controller/json-log.ts'
import { parseListenAddress } from '../controller/listen-address.ts'
import type { ListenAddress } from '../controller/listen-address.ts'
import { startMetricsServer } from '../controller/metrics-server.ts'
import { narrated } from '../controller/narration.ts'
import type { Command, CommandContext, FlagValues } from './command.ts'
import { countOf } from './count.ts'
import { parseDuration } from './duration.ts'
import { CLUSTER_FLAGS, HELP, VERBOSE } from './flags.ts'
import { texts } from './input.ts'
import { LEASE_NAME, lead } from './leading.ts'
import { openSession } from './session.ts'
import type { SessionConnection } from './session.ts'
import { shardOfFlags } from './shard-flags.ts'
import { boundHeapGrowth, keepYoungGeneration } from './heap-growth.ts'
import { verificationRoute } from './verification-route.ts'

/** Looks after every Database of a cluster, for ever. */
export const command: Command = {
  summary: 'look after every Database of the cluster, until it is told to end',
  usage: 'controller [--watch-namespace NAME …] [flags]',
  positionals: 0,
  flags: {
    ...CLUSTER_FLAGS,
    'watch-namespace': {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: 'Look after the databases of this namespace; may be repeated. Default: all namespaces.',
    },
    selector: {
      type: 'string',
      value: 'LABELS',
      help: 'Look after the databases that have these labels, KEY=VALUE,…; another controller may look after others.',
    },
    shard: {
      type: 'string',
      value: 'I/N',
      help: 'Look after part I of N of the databases, counted from 0: 0/3, 1/3 and 2/3 are all of them.',
    },
    workers: { type: 'string', value: 'N', help: 'Databases that are worked on at the same time. Default: 16.' },
    verify: {
      type: 'string',
      value: 'ROUTE',
      help: 'How to log in: auto, port-forward, service or off. Default: auto (service inside the cluster).',
    },
    'leader-elect': {
      type: 'boolean',
      help: 'Of all processes that say so one does the work. Default: on inside the cluster and with --shard, off otherwise.',
    },
    'lease-name': {
      type: 'string',
      value: 'NAME',
      help: `The Lease about which they agree; --selector and --shard add to it. Default: ${LEASE_NAME}.`,
    },
    listen: {
      type: 'string',
      value: 'ADDRESS',
      help: 'Serve /metrics, /healthz and /readyz there, as HOST:PORT or :PORT. Default: nowhere.',
    },
    pace: { type: 'string', value: 'DURATION', help: 'Hold each phase that long, for teaching and demonstrations.' },
    help: HELP,
    verbose: VERBOSE,
  },
  async run(values, _positionals, context) {
    const workers = countOf(values, 'workers', 16)
    const routeFor = verificationRoute(values['verify'])
    const address = addressOf(values)
    const shard = shardOfFlags(values)
    const selector = selectorOf(values)
    const pace = values['pace']
    const paceMs = typeof pace === 'string' ? parseDuration(pace, 'pace') : 0
    const log = new JsonLog(
      { write: (line) => context.output.data(line), level: values['verbose'] === true ? 'debug' : 'info' },
      'controller',
    )
    keepYoungGeneration()
    boundHeapGrowth()
    const metrics = new ControllerMetrics('database')
    const session = await openSession(
      values,
      context,
      (message) => log.warn(message),
      ({ method, host, code }) => metrics.requested(method, host, code),
    )
    const state = { isWorking: false, isSynced: false }
    const stopServing = await serve(address, metrics, state, log)
    try {
      const part = {
        ...(selector === undefined ? {} : { selector }),
        ...(shard.count === 1 ? {} : { shard: values['shard'] }),
      }
      log.info('starting', { context: session.context, server: session.server, workers, ...part })
      const namespaces = texts(values, 'watch-namespace') ?? []
      const options = { namespaces, selector, shard, workers, paceMs }
      const isElected = values['leader-elect'] ?? (session.inCluster || shard.count > 1)
      const leaseName = values['lease-name']
      const candidacy = {
        isElected: isElected === true,
        leaseName: typeof leaseName === 'string' ? leaseName : undefined,
        selector,
        shard,
        signal: context.signal,
      }
      await lead(session, candidacy, { log, metrics }, (signal, fence) => {
        state.isWorking = true
        const route = routeFor(session.inCluster)
        const connection = fence === undefined ? session : session.fenced(fence)
        return work(context, connection, { log, metrics, state }, { ...options, route, signal })
      })
      log.info('ended')
      return EXIT.done
    } finally {
      await stopServing()
      session.close()
    }
  },
}

/** What tells how it goes. */
interface Instruments {
  readonly log: JsonLog
  readonly metrics: ControllerMetrics
}

type WorkOptions = Pick<
  Parameters<typeof runController>[1],
  'namespaces' | 'selector' | 'shard' | 'workers' | 'paceMs' | 'route' | 'signal'
>

async function work(
  { now }: CommandContext,
  { api, client }: SessionConnection,
  { log, metrics, state }: Instruments & { readonly state: { isSynced: boolean } },
  options: WorkOptions,
): Promise<void> {
  const events = new EventRecorder({
    client,
    component: 'cdk8s-database',
    onError: (error) => log.warn('an event was not told', { error }),
    onDropped: () => metrics.eventDropped(),
  })
  await runController(api, {
    ...options,
    ...narrated({ log, metrics, events }),
    probe: tcpProbe,
    now,
    steadyNow: () => steadyClock.now(),
    queueObserver: metrics.queueObserver,
    onQueue: (queue) => metrics.watchQueue(queue),
    onSynced: (databases) => {
      state.isSynced = true
      log.info('synced', { databases })
    },
  })
  await events.flush()
}

/** Serves metrics and health, where somebody asked for it. @returns what ends it */
async function serve(
  address: ListenAddress | undefined,
  { registry }: ControllerMetrics,
  state: { readonly isWorking: boolean; readonly isSynced: boolean },
  log: JsonLog,
): Promise<() => Promise<void>> {
  if (address === undefined) return () => Promise.resolve()
  const sync = (): void => {
    // Who waits to lead has nothing to know, and is ready to take over.
    if (state.isWorking && !state.isSynced) throw new Error('not everything that is there has been read yet')
  }
  const server = await startMetricsServer({
    address,
    registry,
    healthz: [{ name: 'ping', check: () => undefined }],
    readyz: [{ name: 'sync', check: sync }],
    onFailure: (name, error) => log.debug('a check failed', { name, error }),
  })
  log.info('listening', { host: server.host, port: server.port })
  return () => server.close()
}

function addressOf({ listen }: FlagValues): ListenAddress | undefined {
  if (typeof listen !== 'string') return undefined
  try {
    return parseListenAddress(listen)
  } catch (error) {
    throw new InputError(`--listen: ${error instanceof Error ? error.message : String(error)}`, {
      remedy: 'for example --listen 127.0.0.1:8080',
    })
  }
}

/** Read here, so that a mistake ends the command and not each watch. */
function selectorOf({ selector }: FlagValues): string | undefined {
  if (typeof selector !== 'string') return undefined
  parseSelector(selector)
  return selector
}
