import type { KubernetesObject, ManagedFieldsEntry } from '../api/object.ts'
import { groupOf } from './inventory.ts'

/** Whoever keeps an object as it is, beside or instead of us. */
export interface Tracker {
  /** For people, with what it calls the object's owner: `Argo CD application shop`. */
  readonly owner: string
  /** What becomes of a change that it does not know: `anything applied here would be reverted within minutes`. */
  readonly consequence: string
  /** How to make it let go, on its side. */
  readonly release: string
  /** Names under which it writes fields. */
  readonly managers: readonly string[]
  /** Labels by which it knows the object. */
  readonly labels: readonly string[]
  /** Annotations by which it knows the object. */
  readonly annotations: readonly string[]
}

const REVERTED = 'anything applied here would be reverted within minutes'

/**
 * Who tracks a live object; `undefined` where nobody does.
 *
 * `app.kubernetes.io/instance` proves nothing: Argo CD may track by it, but everybody sets it, we too. Where it does,
 * its field manager tells.
 */
export function trackedBy(live: KubernetesObject): Tracker | undefined {
  for (const find of FINDERS) {
    const tracker = find(live)
    if (tracker !== undefined) return tracker
  }
  return undefined
}

type Finder = (live: KubernetesObject) => Tracker | undefined

function argoCd(live: KubernetesObject): Tracker | undefined {
  const id = annotation(live, ARGO_TRACKING_ID)
  const application = (id === undefined ? undefined : applicationOf(id, live)) ?? label(live, ARGO_INSTANCE)
  if (application === undefined && !(live.metadata.managedFields ?? []).some(isContentOfArgoCd)) return undefined
  return {
    owner: application === undefined ? 'Argo CD' : `Argo CD application ${application}`,
    consequence: REVERTED,
    release:
      application === undefined
        ? 'remove it from the application, with the annotation argocd.argoproj.io/sync-options: Prune=false before'
        : `remove it from the application (annotated argocd.argoproj.io/sync-options: Prune=false before), or delete that without its objects: argocd app delete ${application} --cascade=false`,
    managers: ARGO_MANAGERS,
    labels: [ARGO_INSTANCE],
    annotations: [ARGO_TRACKING_ID, 'argocd.argoproj.io/installation-id'],
  }
}

const ARGO_TRACKING_ID = 'argocd.argoproj.io/tracking-id'
const ARGO_INSTANCE = 'argocd.argoproj.io/instance'
const ARGO_MANAGERS = ['argocd-controller', 'argocd-application-controller']

/**
 * The application of a tracking id, `shop:apps/StatefulSet:shop/orders`. One that names another object was copied along
 * with its annotations, and Argo CD itself pays no heed to it.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
 */
function applicationOf(id: string, { apiVersion, kind, metadata }: KubernetesObject): string | undefined {
  const subject = `:${groupOf(apiVersion)}/${kind}:${metadata.namespace ?? ''}/${metadata.name}`
  return id.endsWith(subject) ? id.slice(0, -subject.length) : undefined
}

/** Whether Argo CD wrote more than metadata (it labels namespaces that are not its own) or status. */
function isContentOfArgoCd({ manager = '', subresource = '', fieldsV1 = {} }: ManagedFieldsEntry): boolean {
  return (
    ARGO_MANAGERS.includes(manager) &&
    subresource === '' &&
    Object.keys(fieldsV1).some((segment) => segment !== 'f:metadata' && segment !== 'f:status')
  )
}

/** A tracker that leaves the name and namespace of an object of its own. */
function byName(
  tool: string,
  place: 'labels' | 'annotations',
  prefix: string,
  rest: Pick<Tracker, 'consequence' | 'managers'> & { readonly release: (name: string, namespace: string) => string },
): Finder {
  const keys = [`${prefix}name`, `${prefix}namespace`]
  return ({ metadata }) => {
    const [name, namespace = metadata.namespace ?? 'default'] = keys.map((key) => metadata[place]?.[key])
    if (name === undefined) return undefined
    return {
      owner: `${tool} ${namespace}/${name}`,
      consequence: rest.consequence,
      release: rest.release(name, namespace),
      managers: rest.managers,
      labels: place === 'labels' ? keys : [],
      annotations: place === 'annotations' ? keys : [],
    }
  }
}

/** A tracker that leaves one label or annotation, whose value is all that is known of it. */
function byMark(
  owner: string,
  place: 'labels' | 'annotations',
  key: string,
  consequence: string,
  managers: readonly string[] = [],
): Finder {
  return ({ metadata }) => {
    const value = metadata[place]?.[key]
    if (value === undefined) return undefined
    return {
      owner: `${owner} ${value}`,
      consequence,
      release: 'remove it from what that one applies',
      managers,
      labels: place === 'labels' ? [key] : [],
      annotations: place === 'annotations' ? [key] : [],
    }
  }
}

const unlessNextRun = (command: string): string => `the next ${command} would undo what is applied here`

/**
 * The annotations are Helm's own. The label alone proves nothing: a chart that somebody else rendered leaves it too.
 * @see https://helm.sh/docs/chart_best_practices/labels/
 */
const helm: Finder = (live) => {
  const found = byName('Helm release', 'annotations', 'meta.helm.sh/release-', {
    consequence: unlessNextRun('helm upgrade'),
    managers: ['helm', 'Helm'],
    release: () => 'in the chart, annotate it with helm.sh/resource-policy: keep, upgrade, then remove it',
  })(live)
  if (found === undefined) return undefined
  return label(live, MANAGED_BY) === 'Helm' ? { ...found, labels: [MANAGED_BY] } : found
}

const MANAGED_BY = 'app.kubernetes.io/managed-by'

/** In the order in which they are told: a release of Flux is one of Helm too. */
const FINDERS: readonly Finder[] = [
  argoCd,
  byName('Flux Kustomization', 'labels', 'kustomize.toolkit.fluxcd.io/', {
    consequence: REVERTED,
    managers: ['kustomize-controller'],
    release: (name, namespace) =>
      `in Git, annotate it with kustomize.toolkit.fluxcd.io/prune: disabled, then remove it, or: flux -n ${namespace} suspend kustomization ${name}`,
  }),
  (live) => {
    const found = byName('Flux HelmRelease', 'labels', 'helm.toolkit.fluxcd.io/', {
      consequence: REVERTED,
      managers: ['helm-controller', 'helm'],
      release: (name, namespace) => `remove it from the chart, or: flux -n ${namespace} suspend helmrelease ${name}`,
    })(live)
    if (found === undefined) return undefined
    const { labels = [], annotations = [] } = helm(live) ?? {}
    return { ...found, labels: [...found.labels, ...labels], annotations }
  },
  helm,
  byName('Timoni instance', 'labels', 'instance.timoni.sh/', {
    consequence: unlessNextRun('timoni apply'),
    managers: ['timoni'],
    release: () => 'remove it from the module',
  }),
  byMark('kapp app', 'labels', 'kapp.k14s.io/app', unlessNextRun('kapp deploy'), ['kapp']),
  byMark('kluctl deployment', 'labels', 'kluctl.io/discriminator', unlessNextRun('kluctl deploy'), ['kluctl']),
  byMark(
    'ApplySet',
    'labels',
    'applyset.kubernetes.io/part-of',
    'the next kubectl apply --prune of that set would undo what is applied here',
    ['kubectl', 'kubectl-client-side-apply'],
  ),
  byMark(
    'inventory',
    'annotations',
    'config.k8s.io/owning-inventory',
    'the next apply of that inventory would undo what is applied here',
    ['kapply', 'kpt', 'configsync'],
  ),
]

const label = ({ metadata }: KubernetesObject, key: string): string | undefined => metadata.labels?.[key]
const annotation = ({ metadata }: KubernetesObject, key: string): string | undefined => metadata.annotations?.[key]
