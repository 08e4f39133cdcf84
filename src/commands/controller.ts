import { EXIT } from '../api/exit-code.ts'
import { tcpProbe } from '../applier/databases/dependencies.ts'
import { runController } from '../controller/controller.ts'
import { LeaderElection } from '../controller/leader-election.ts'
import type { LeaderEvent } from '../controller/leader-election.ts'
import type { Command } from './command.ts'
import { countOf } from './count.ts'
import { parseDuration } from './duration.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS } from './flags.ts'
import { texts } from './input.ts'
import { openSession } from './session.ts'
import { verificationRoute } from './verification-route.ts'

/** Which Lease the replicas of a controller agree about. */
const LEASE_NAME = 'cdk8s-database-controller'

type Log = (level: 'info' | 'warn' | 'error', msg: string, facts: object) => void

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
    workers: { type: 'string', value: 'N', help: 'Databases that are worked on at the same time. Default: 16.' },
    verify: {
      type: 'string',
      value: 'ROUTE',
      help: 'How to log in: auto, port-forward, service or off. Default: auto (service inside the cluster).',
    },
    'leader-elect': {
      type: 'boolean',
      help: 'Of all processes that say so one does the work. Default: on inside the cluster, off outside.',
    },
    'lease-name': {
      type: 'string',
      value: 'NAME',
      help: 'The Lease, in the namespace of the connection, about which they agree. Default: cdk8s-database-controller.',
    },
    pace: { type: 'string', value: 'DURATION', help: 'Hold each phase that long, for teaching and demonstrations.' },
    ...COMMON_FLAGS,
  },
  async run(values, _positionals, context) {
    const workers = countOf(values, 'workers', 16)
    const routeFor = verificationRoute(values['verify'])
    const pace = values['pace']
    const paceMs = typeof pace === 'string' ? parseDuration(pace, 'pace') : 0
    const log: Log = (level, msg, facts) => {
      const ts = new Date(context.now()).toISOString()
      context.output.data(`${JSON.stringify({ ts, level, msg, ...facts })}\n`)
    }
    const session = await openSession(values, context, (message) => log('warn', message, {}))
    try {
      log('info', 'starting', { context: session.context, server: session.server, workers })
      const work = (signal: AbortSignal): Promise<void> =>
        runController(session.api, {
          namespaces: texts(values, 'watch-namespace') ?? [],
          workers,
          route: routeFor(session.inCluster),
          paceMs,
          probe: tcpProbe,
          now: context.now,
          signal,
          onSynced: (databases) => log('info', 'synced', { databases }),
          onTransition: ({ key, from, to, reason, message }) => {
            const msg = from === to ? `${to}: ${reason}` : `STATE TRANSITION: ${from ?? '(new)'} -> ${to}`
            log('info', msg, { database: key, reason, message })
          },
          onFinished: ({ key, result, error, againInMs }) => {
            if (result !== 'error') return
            log('error', error instanceof Error ? error.message : String(error), {
              database: key,
              retryInMs: againInMs,
            })
          },
          onInterrupted: (kind, error) =>
            log('warn', 'watch interrupted', { kind, error: error instanceof Error ? error.message : String(error) }),
        })
      if (values['leader-elect'] ?? session.inCluster) {
        const name = typeof values['lease-name'] === 'string' ? values['lease-name'] : LEASE_NAME
        const election = new LeaderElection({
          client: session.client,
          namespace: session.namespace,
          name,
          onEvent: (event) => logElection(log, event),
        })
        await election.run(work, context.signal)
      } else await work(context.signal)
      log('info', 'ended', {})
      return EXIT.done
    } finally {
      session.close()
    }
  },
}

function logElection(log: Log, event: LeaderEvent): void {
  switch (event.type) {
    case 'leading':
      log('info', 'leading', {})
      return
    case 'following':
      log('info', 'waiting to lead', { holder: event.holder })
      return
    case 'released':
      log('info', 'lease released', {})
      return
    case 'failed':
    case 'lost':
      log('error', event.error instanceof Error ? event.error.message : String(event.error), {})
  }
}
