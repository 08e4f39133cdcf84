import { CREDENTIALS_FIELD_MANAGER, GROUP, KIND } from '../api/group.ts'
import { derivedNames } from '../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { groupOf } from './inventory.ts'

/** Why an object is never pruned, whoever made it. */
export interface Protection {
  readonly reason: 'ProtectedKind' | 'Credentials' | 'Annotated' | 'DeletionProtection'
  /** One line for people. */
  readonly note: string
  /** What to type to be rid of it all the same. */
  readonly remedy: string
}

/** Annotation that keeps an object from being pruned: `disabled`. */
const PRUNE_ANNOTATION = `${GROUP}/prune`

/** Kinds that hold data or other people's objects, by API group. */
const PROTECTED_KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    Namespace: 'a namespace holds more than one set of manifests',
    PersistentVolume: 'it holds data',
    PersistentVolumeClaim: 'it holds data',
  },
  'apiextensions.k8s.io': {
    CustomResourceDefinition: 'deleting it would delete every object of its kind in the cluster',
  },
}

const ARGO_SYNC_OPTIONS = 'argocd.argoproj.io/sync-options'

/**
 * Annotations by which somebody says "do not delete this when it disappears from its source". Whoever wrote one of them
 * meant the object, not the tool, so each of them protects from us too.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-behavior-of-resources
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
 * @see https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
 * @see https://carvel.dev/kapp/docs/latest/apply/#kappk14siodelete-strategy
 * @see https://kluctl.io/docs/kluctl/deployments/annotations/all-resources/#control-deletionpruning
 */
const PROTECTING_ANNOTATIONS: Readonly<Record<string, (value: string) => boolean>> = {
  [PRUNE_ANNOTATION]: is('disabled'),
  'kustomize.toolkit.fluxcd.io/prune': is('disabled'),
  'kustomize.toolkit.fluxcd.io/reconcile': is('disabled'),
  // `confirm` asks a person in Argo CD; here nobody can be asked about one object among many, so it is a no.
  [ARGO_SYNC_OPTIONS]: (value) => hasOption(value, /^Prune\s*=\s*(false|confirm)$/i),
  'helm.sh/resource-policy': is('keep'),
  'kapp.k14s.io/delete-strategy': is('orphan'),
  'client.lifecycle.config.k8s.io/deletion': is('detach'),
  'cli-utils.sigs.k8s.io/on-remove': is('keep'),
  'action.timoni.sh/prune': is('disabled'),
  'kluctl.io/skip-delete': is('true'),
}

/**
 * Whether something about a live object forbids to prune it.
 *
 * The Database construct annotates its own resource for Flux and Argo CD (`prune: disabled`, `Prune=confirm`). That
 * holds here too: a Database that disappears from Git, by a mistake or a bad merge, must not take a running database
 * with it. To delete one is a decision of its own, and the remedy says how: with `cdk8s-database delete`, or by removing
 * the annotations from the live object, after which the next run prunes it. In both ways Kubernetes collects the
 * children, and volumes and credentials stay.
 */
export function protectionOf(live: KubernetesObject): Protection | undefined {
  const kind = PROTECTED_KINDS[groupOf(live.apiVersion)]?.[live.kind]
  if (kind !== undefined) return { reason: 'ProtectedKind', note: kind, remedy: deleteByHand(live) }
  if (holdsCredentials(live)) {
    return { reason: 'Credentials', note: 'it holds the password of data on a volume', remedy: deleteByHand(live) }
  }
  const held = deletionProtection(live)
  if (held !== undefined) return { reason: 'DeletionProtection', ...held }
  const found = annotationsOf(live, PROTECTING_ANNOTATIONS)
  if (found.length === 0) return undefined
  const annotations = format(found)
  const unprotect = `${kubectl(live, 'annotate')} ${found.map(([key]) => `${key}-`).join(' ')}`
  return {
    reason: 'Annotated',
    note: `annotated ${annotations}`,
    remedy: isDatabaseReference(live)
      ? `cdk8s-database delete with its old manifests (volumes and credentials stay), or allow it and run again: ${unprotect}`
      : `allow it and run again: ${unprotect}`,
  }
}

/**
 * Why an object stays although a person deletes the manifests that it stands in; `undefined` where it goes. Of Argo CD,
 * `Delete=false` counts and `Prune=false` does not, as in Argo CD itself; `Delete=confirm` asks for a person, who is here.
 */
export function keptFromDeletion(live: KubernetesObject): string | undefined {
  const found = annotationsOf(live, {
    ...PROTECTING_ANNOTATIONS,
    [ARGO_SYNC_OPTIONS]: (value) => hasOption(value, /^Delete\s*=\s*false$/i),
  })
  return found.length === 0 ? undefined : `annotated ${format(found)}`
}

/**
 * Why a live Database and its data stay whoever deletes them, and what takes that away; `undefined` where they go. Asked
 * for here too, because not every cluster has the policy by which the API server refuses.
 */
export function deletionProtection(
  live: KubernetesObject,
): { readonly note: string; readonly remedy: string } | undefined {
  const spec = live['spec'] as { readonly deletionProtection?: boolean } | undefined
  if (!isDatabaseReference(live) || spec?.deletionProtection !== true) return undefined
  const patch = `${kubectl(live, 'patch')} --type=merge -p '{"spec":{"deletionProtection":false}}'`
  return { note: 'spec.deletionProtection is true', remedy: `allow it and run again: ${patch}` }
}

/** Command that deletes one object. */
export function deleteByHand(reference: KubernetesObject | ObjectReference): string {
  return `when nobody needs it any more: ${kubectl(reference, 'delete')}`
}

function isDatabaseReference({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return groupOf(apiVersion) === GROUP && kind === KIND
}

/**
 * Secrets of databases: by name and label, and by the field manager that adds generated passwords, whatever became of
 * the labels.
 */
function holdsCredentials({ apiVersion, kind, metadata }: KubernetesObject): boolean {
  if (apiVersion !== 'v1' || kind !== 'Secret') return false
  const { labels = {}, managedFields = [], name } = metadata
  if (managedFields.some(({ manager }) => manager === CREDENTIALS_FIELD_MANAGER)) return true
  const instance = labels['app.kubernetes.io/instance']
  return (
    labels['app.kubernetes.io/managed-by'] === 'cdk8s-database' &&
    instance !== undefined &&
    derivedNames(instance).credentialsSecret === name
  )
}

function kubectl(target: KubernetesObject | ObjectReference, verb: string): string {
  const { apiVersion, kind } = target
  const { name, namespace }: { readonly name: string; readonly namespace?: string } =
    'metadata' in target ? target.metadata : target
  const group = groupOf(apiVersion)
  const resource = group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`
  return `kubectl${namespace === undefined ? '' : ` -n ${namespace}`} ${verb} ${resource}/${name}`
}

function annotationsOf(
  { metadata }: KubernetesObject,
  protecting: Readonly<Record<string, (value: string) => boolean>>,
): [key: string, value: string][] {
  return Object.entries(metadata.annotations ?? {}).filter(([key, value]) => protecting[key]?.(value) === true)
}

const format = (annotations: readonly (readonly [string, string])[]): string =>
  annotations.map(([key, value]) => `${key}: ${value}`).join(', ')

function hasOption(list: string, option: RegExp): boolean {
  return list.split(',').some((item) => option.test(item.trim()))
}

function is(expected: string): (value: string) => boolean {
  return (value) => value.trim().toLowerCase() === expected
}
