import type { ExitCode } from '../api/exit-code.ts'
import { tcpProbe } from '../applier/databases/dependencies.ts'
import { documentsOf } from '../applier/planning/settled-record.ts'
import { runApply } from '../applier/run.ts'
import type { KnownDocuments } from '../manifests/document.ts'
import type { Command, FlagValues } from './command.ts'
import { confirmation } from './confirmation.ts'
import { countOf } from './count.ts'
import { DRY_RUN_FLAGS, dryRunOf } from './dry-run.ts'
import { parseDuration } from './duration.ts'
import {
  CLUSTER_FLAGS,
  COMMON_FLAGS,
  INPUT_FLAGS,
  PLAN_FLAGS,
  SET_FLAGS,
  SUBSET_FLAGS,
  TAKING_FLAGS,
  WAIT_FLAGS,
} from './flags.ts'
import { onCluster } from './on-cluster.ts'
import type { ClusterWork } from './on-cluster.ts'
import { planningOptions, reviewedPlan } from './planning-options.ts'
import type { Session } from './session.ts'
import { SettledFile } from './settled-file.ts'
import { verificationRoute } from './verification-route.ts'

/** Applies manifests and walks every database to Ready. */
export const command: Command = {
  summary: 'apply the manifests and wait until every database is ready',
  usage: 'apply [-f PATH …] [flags]',
  positionals: 0,
  flags: {
    ...INPUT_FLAGS,
    ...SUBSET_FLAGS,
    ...CLUSTER_FLAGS,
    ...WAIT_FLAGS,
    'object-timeout': {
      type: 'string',
      value: 'DURATION',
      help: 'Longest wait for one database or object. Default: only --timeout.',
    },
    ...DRY_RUN_FLAGS,
    diff: { type: 'boolean', help: 'Show every field that changes before applying.' },
    verify: {
      type: 'string',
      value: 'ROUTE',
      help: 'How to log in: auto, port-forward, service or off. Default: auto (port-forward outside the cluster).',
    },
    'verify-unchanged': {
      type: 'boolean',
      help: 'Log in also where nothing changed since an earlier login. Default: for up to 10 databases.',
    },
    memory: {
      type: 'boolean',
      help: 'Pass over databases that an earlier run here found ready and nobody wrote since; --no-memory looks at all. Default: on.',
    },
    plan: {
      type: 'string',
      value: 'FILE',
      help: 'Do what this plan of diff --out says, and nothing to objects that moved since.',
    },
    ...PLAN_FLAGS,
    ...SET_FLAGS,
    pace: { type: 'string', value: 'DURATION', help: 'Hold each phase that long, for teaching and demonstrations.' },
    concurrency: {
      type: 'string',
      value: 'N',
      help: 'Databases that are worked on at the same time; waiting ones do not count. Default: 16.',
    },
    ...TAKING_FLAGS,
    yes: {
      type: 'boolean',
      short: 'y',
      help: 'Yes to what would be asked: --take-over, --recreate, --prune of more than half.',
    },
    ...COMMON_FLAGS,
  },
  run(values, _positionals, context) {
    const timeoutMs = parseDuration(text(values, 'timeout') ?? '5m', 'timeout')
    const objectTimeout = text(values, 'object-timeout')
    const objectTimeoutMs = objectTimeout === undefined ? undefined : parseDuration(objectTimeout, 'object-timeout')
    const paceMs = values['pace'] === undefined ? 0 : parseDuration(text(values, 'pace') ?? '', 'pace')
    const [dryRun, concurrency, routeFor] = [
      dryRunOf(values),
      countOf(values, 'concurrency', 16),
      verificationRoute(values['verify']),
    ]
    let memory: SettledFile | undefined
    const knownDocuments = ({ server }: Session): KnownDocuments | undefined => {
      memory = values['memory'] === false ? undefined : SettledFile.of(server, context)
      const records = memory?.load()
      // An empty memory too: documents are then told apart, to be remembered.
      return memory === undefined ? undefined : records === undefined ? new Map() : documentsOf(records)
    }
    const work = ({ session, set, reporter }: ClusterWork): Promise<ExitCode> => {
      const given = planningOptions(values, context, session, command.flags)
      const { options, reviewed } = reviewedPlan(values, { session }, given)
      return runApply(
        session.api,
        set,
        {
          ...options,
          reviewed,
          dryRun,
          concurrency,
          verifyUnchanged: booleanOf(values, 'verify-unchanged'),
          memory,
          showDifferences: values['diff'] === true,
          confirm: confirmation(values, context),
          wait: values['wait'] !== false,
          objectTimeoutMs,
          paceMs,
          route: routeFor(session.inCluster),
          probe: tcpProbe,
          deadline: AbortSignal.timeout(timeoutMs),
          interrupt: context.signal,
        },
        reporter,
      )
    }
    return onCluster('ApplyReport', values, context, work, knownDocuments)
  },
}

const text = (values: FlagValues, name: string): string | undefined => {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

function booleanOf(values: FlagValues, name: string): boolean | undefined {
  const value = values[name]
  return typeof value === 'boolean' ? value : undefined
}
