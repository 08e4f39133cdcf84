import type { Database } from './database.ts'
import { derivedNames } from './names.ts'
import type { DerivedNames } from './names.ts'
import type { KubernetesObject, ObjectReference } from './object.ts'
import type { DatabaseSpec } from './spec.ts'

/** Name of the container that exports metrics, beside the server in its pod. */
export const EXPORTER = 'exporter'

/** Whether there is anything beside the primary. */
export function hasStandbys({ replicas }: Pick<DatabaseSpec, 'replicas'>): boolean {
  return replicas > 1
}

/** Whether a spec asks for dumps: snapshots alone need no object beside the Database. */
export function makesDumps({ backup }: Pick<DatabaseSpec, 'backup'>): boolean {
  return backup?.schedule !== undefined
}

/** Which objects of `spec.monitoring` a spec asks for. */
export function monitoringParts({ monitoring }: Pick<DatabaseSpec, 'monitoring'>): {
  readonly podMonitor: boolean
  readonly alerts: boolean
  readonly dashboard: boolean
} {
  if (monitoring === undefined) return { podMonitor: false, alerts: false, dashboard: false }
  const { podMonitor = true, alerts = true, dashboard = true } = monitoring
  return { podMonitor, alerts, dashboard }
}

/** A child that only some specs ask for, and which. */
interface OptionalChild {
  readonly apiVersion: string
  readonly kind: string
  readonly name: (names: DerivedNames) => string
  readonly isAskedFor: (spec: DatabaseSpec) => boolean
  readonly isOfMonitoring?: true
}

const MONITORING = 'monitoring.coreos.com/v1'

/**
 * Every child that goes when the spec no longer asks for it. Whatever holds data, or a password of data, is none of them:
 * claims of data and of dumps, snapshots and Secrets stay until a person deletes them.
 */
const OPTIONAL: readonly OptionalChild[] = [
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    name: ({ disruptionBudget }) => disruptionBudget,
    isAskedFor: hasStandbys,
  },
  { apiVersion: 'v1', kind: 'Service', name: ({ readService }) => readService, isAskedFor: hasStandbys },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: ({ standbyStatefulSet }) => standbyStatefulSet,
    isAskedFor: hasStandbys,
  },
  { apiVersion: 'batch/v1', kind: 'CronJob', name: ({ backup }) => backup, isAskedFor: makesDumps },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name: ({ backup }) => backup, isAskedFor: makesDumps },
  {
    apiVersion: MONITORING,
    kind: 'PodMonitor',
    name: ({ statefulSet }) => statefulSet,
    isAskedFor: (spec) => monitoringParts(spec).podMonitor,
    isOfMonitoring: true,
  },
  {
    apiVersion: MONITORING,
    kind: 'PrometheusRule',
    name: ({ statefulSet }) => statefulSet,
    isAskedFor: (spec) => monitoringParts(spec).alerts,
    isOfMonitoring: true,
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: ({ dashboard }) => dashboard,
    isAskedFor: (spec) => monitoringParts(spec).dashboard,
    isOfMonitoring: true,
  },
]

/** The children that a spec asks for beside those that every database has, in the order of this table. */
export function childrenAskedFor({ metadata: { name, namespace = 'default' }, spec }: Database): ObjectReference[] {
  const names = derivedNames(name)
  return OPTIONAL.filter(({ isAskedFor }) => isAskedFor(spec)).map((child) => referenceOf(child, namespace, names))
}

/**
 * The children that a spec does not ask for, whether or not they are there.
 *
 * Those of monitoring are named only where there may be some: the kinds of the Prometheus Operator are served by few
 * clusters, and may be asked about by few. It is shown by the spec, or by an exporter that is still in the pods, for the
 * objects are removed before it is.
 * @param statefulSet the primary's, as it is live
 */
export function childrenNotAskedFor(
  { metadata: { name, namespace = 'default' }, spec }: Database,
  statefulSet: KubernetesObject | undefined,
): readonly ObjectReference[] {
  const names = derivedNames(name)
  const mayBeMonitored = spec.monitoring !== undefined || hasExporter(statefulSet)
  return OPTIONAL.filter(({ isAskedFor, isOfMonitoring }) => {
    return !isAskedFor(spec) && (isOfMonitoring !== true || mayBeMonitored)
  }).map((child) => referenceOf(child, namespace, names))
}

function referenceOf(
  { apiVersion, kind, name }: OptionalChild,
  namespace: string,
  names: DerivedNames,
): ObjectReference {
  return { apiVersion, kind, namespace, name: name(names) }
}

function hasExporter(statefulSet: KubernetesObject | undefined): boolean {
  const spec = statefulSet?.['spec'] as
    | { readonly template?: { readonly spec?: { readonly containers?: readonly { readonly name: string }[] } } }
    | undefined
  return spec?.template?.spec?.containers?.some(({ name }) => name === EXPORTER) === true
}
