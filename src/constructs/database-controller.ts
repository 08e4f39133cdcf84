import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'
import { CONTROLLER_NAMESPACE } from '../api/group.ts'
import { CONTROLLER_LABELS } from '../api/labels.ts'
import {
  DATA_DELETION_RULES,
  DATABASE_RULES,
  LEADER_RULES,
  MONITORING_RULES,
  namespaceDeletionRules,
} from './controller-rules.ts'
import type { PolicyRule } from './controller-rules.ts'
import { controllerNetworkPolicy } from './controller-network.ts'
import type { ControllerNetworkProps } from './controller-network.ts'
import { controllerMonitoring } from './controller-monitoring.ts'
import type { ControllerMonitoringProps } from './controller-monitoring.ts'
import { DeletionProtection } from './deletion-protection.ts'

/** What a controller is told. */
export interface DatabaseControllerProps {
  /** Image with the program, by digest or with a tag that does not move. See the Dockerfile of this repository. */
  readonly image: string
  /**
   * Namespace in which it runs. It must exist. In another than the default one, databases must let it in by
   * `network.allowFrom`.
   * @default 'cdk8s-database-system'
   */
  readonly namespace?: string
  /** Replicas, of each shard; one of them works, the others wait to take over. @default 2 */
  readonly replicas?: number
  /**
   * Parts into which the databases are divided, each with a Deployment of its own. When it changes, the new parts begin
   * once all of the former have ended.
   * @default 1
   * @see docs/scale.md
   */
  readonly shards?: number
  /**
   * Labels of the databases that it looks after, `tier=gold`; another controller may look after others.
   * @default all databases
   */
  readonly selector?: string
  /**
   * Namespaces whose databases it looks after, with a Role in each instead of a ClusterRole.
   * @default all namespaces
   */
  readonly watchNamespaces?: readonly string[]
  /**
   * Whether a small ClusterRole lets it take its finalizer off databases of a namespace that is deleted, whose Roles may be
   * gone by then. Without it such a namespace may wait until a person takes the finalizers off.
   * @default true
   */
  readonly allowNamespaceDeletion?: boolean
  /**
   * Whether it may delete volumes and credentials of databases whose `deletionPolicy` is `Delete`. Without it such a
   * deletion waits until a person has deleted them.
   * @default false
   */
  readonly allowDataDeletion?: boolean
  /** Databases that are worked on at the same time. @default 16 */
  readonly workers?: number
  /**
   * Whether the API server refuses to delete what `spec.deletionProtection` protects: cluster-scoped policies.
   * @default true
   * @see DeletionProtection
   */
  readonly deletionProtection?: boolean
  /** Whom it may talk to, and who may read its metrics. */
  readonly network?: ControllerNetworkProps
  /**
   * Whether databases may ask for `monitoring` without `children: 'rendered'`: the rights to make PodMonitors and
   * PrometheusRules.
   * @default false
   */
  readonly allowDatabaseMonitoring?: boolean
  /** A PodMonitor, alerts and a dashboard over its metrics; `{}` asks for all of them. @default none */
  readonly monitoring?: ControllerMonitoringProps
}

const NAME = 'cdk8s-database-controller'

/** More shards than that would each have less to do than to watch. */
const MOST_SHARDS = 64

/** Port of metrics and probes. */
const HTTP_PORT = 8080

/**
 * The controller, as a Deployment, or as one for each shard, with exactly the rights that it uses.
 *
 * It runs under the restricted Pod Security Standard: not as root, without capabilities, with a read-only file system.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export class DatabaseController extends Construct {
  /** The Deployments, one for each shard. */
  readonly deployments: readonly ApiObject[]

  constructor(scope: Construct, id: string, props: DatabaseControllerProps) {
    super(scope, id)
    const { namespace = CONTROLLER_NAMESPACE, watchNamespaces = [], allowDataDeletion = false } = props
    const metadata = { name: NAME, namespace, labels: { ...CONTROLLER_LABELS } }
    new ApiObject(this, 'ServiceAccount', { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    this.#grant('Leader', LEADER_RULES, { namespace, where: namespace, name: `${NAME}-leader` })
    for (const where of watchNamespaces.length === 0 ? [undefined] : watchNamespaces) {
      const scopeOfRole = where ?? 'All'
      this.#grant(`Databases-${scopeOfRole}`, DATABASE_RULES, { namespace, where, name: NAME })
      if (props.allowDatabaseMonitoring === true) {
        const name = `${NAME}-monitoring`
        this.#grant(`Monitoring-${scopeOfRole}`, MONITORING_RULES, { namespace, where, name })
      }
      if (allowDataDeletion) {
        const name = `${NAME}-data-deletion`
        this.#grant(`DataDeletion-${scopeOfRole}`, DATA_DELETION_RULES, { namespace, where, name })
      }
    }
    if (props.allowNamespaceDeletion !== false) {
      // Of several controllers each has one.
      const name = `${watchNamespaces.length === 0 ? '' : `${namespace}-`}${NAME}-namespace-deletion`
      const rules = namespaceDeletionRules(watchNamespaces)
      this.#grant('NamespaceDeletion', rules, { namespace, where: undefined, name })
    }
    if (props.monitoring !== undefined) controllerMonitoring(this, metadata, props.monitoring)
    controllerNetworkPolicy(this, { metadata, port: HTTP_PORT, watchNamespaces, ...props.network })
    if (props.deletionProtection !== false) {
      const bounds = watchNamespaces.length === 0 ? {} : { prefix: namespace, namespaces: watchNamespaces }
      new DeletionProtection(this, 'DeletionProtection', bounds)
    }
    this.deployments = shardsOf(props).map(
      ({ id: deploymentId, name, labels, flags }) =>
        new ApiObject(this, deploymentId, {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { ...metadata, name, labels },
          spec: {
            replicas: props.replicas ?? 2,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: podSpec(props, labels, flags) },
          },
        }),
    )
  }

  /** A role and its binding to the controller. @param at where it holds; everywhere without `where` */
  #grant(
    id: string,
    rules: readonly PolicyRule[],
    at: { readonly namespace: string; readonly where: string | undefined; readonly name: string },
  ): void {
    const { namespace, where, name } = at
    const kind = where === undefined ? 'ClusterRole' : 'Role'
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    const metadata = { name, labels: { ...CONTROLLER_LABELS }, ...(where === undefined ? {} : { namespace: where }) }
    new ApiObject(this, id, { apiVersion, kind, metadata, rules })
    new ApiObject(this, `${id}-Binding`, {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    })
  }
}

/** A Deployment of a shard, or the one of all databases. */
interface ShardDeployment {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly flags: readonly string[]
}

/** @throws Error for a number that is none of shards */
function shardsOf({ shards = 1 }: DatabaseControllerProps): readonly ShardDeployment[] {
  if (!Number.isInteger(shards) || shards < 1 || shards > MOST_SHARDS)
    throw new Error(`shards is ${shards}: use a whole number from 1 to ${MOST_SHARDS}`)
  if (shards === 1) return [{ id: 'Deployment', name: NAME, labels: { ...CONTROLLER_LABELS }, flags: [] }]
  return Array.from({ length: shards }, (_, index) => ({
    id: `Deployment-${index}`,
    name: `${NAME}-${index}`,
    labels: { ...CONTROLLER_LABELS, 'app.kubernetes.io/instance': `${NAME}-${index}` },
    flags: ['--shard', `${index}/${shards}`],
  }))
}

function podSpec(
  { image, workers, selector, watchNamespaces = [] }: DatabaseControllerProps,
  labels: Readonly<Record<string, string>>,
  shardFlags: readonly string[],
): object {
  const flags = [
    ...shardFlags,
    ...(selector === undefined ? [] : ['--selector', selector]),
    ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ...watchNamespaces.flatMap((namespace) => ['--watch-namespace', namespace]),
  ]
  return {
    serviceAccountName: NAME,
    // Work that is under way ends between two steps; the lease is given back after it.
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'controller',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['controller', '--listen', `:${HTTP_PORT}`, ...flags],
        ports: [{ name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' }],
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 20, timeoutSeconds: 5 },
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5 },
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labels },
      },
    ],
  }
}
