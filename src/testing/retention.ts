import { API_VERSION, KIND } from '../api/group.ts'
import { formatObject, referenceOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'
import { podTemplatesOf } from './pod-template.ts'

/** A field by which data would be lost. */
export interface RetentionViolation {
  /** The object: `Database shop/orders`. */
  readonly object: string
  readonly path: string
  readonly message: string
}

/**
 * Fields of manifests by which the data of a database, or the password that opens it, would go with something else:
 *
 * - a Database whose volumes and credentials are deleted with it
 * - a StatefulSet that takes its claims along, or whose data directory is on no claim
 * - a claim, or a Secret of credentials, that has an owner, or that pruning would take away
 */
export function retentionViolations(objects: readonly KubernetesObject[]): readonly RetentionViolation[] {
  return objects.flatMap((object) => {
    const found = [...ofDatabase(object), ...ofStatefulSet(object), ...ofKept(object)]
    return found.map(({ path, message }) => ({ object: formatObject(referenceOf(object)), path, message }))
  })
}

type Finding = Omit<RetentionViolation, 'object'>

function ofDatabase(object: KubernetesObject): readonly Finding[] {
  if (object.apiVersion !== API_VERSION || object.kind !== KIND) return []
  const { deletionPolicy } = (object['spec'] ?? {}) as { deletionPolicy?: string }
  if (deletionPolicy !== 'Delete') return []
  return [{ path: 'spec.deletionPolicy', message: 'must be Retain: volumes and credentials go with the Database' }]
}

interface StatefulSetSpec {
  readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string; readonly whenScaled?: string }
  readonly volumeClaimTemplates?: readonly { readonly metadata?: { readonly name?: string } }[]
}

interface ContainerWithData {
  readonly name?: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

function ofStatefulSet(object: KubernetesObject): readonly Finding[] {
  if (object.apiVersion !== 'apps/v1' || object.kind !== 'StatefulSet') return []
  const spec = (object['spec'] ?? {}) as StatefulSetSpec
  const policy = spec.persistentVolumeClaimRetentionPolicy ?? {}
  const deleting = (['whenDeleted', 'whenScaled'] as const).filter((when) => policy[when] === 'Delete')
  const claims = new Set((spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name))
  return [
    ...deleting.map((when) => ({
      path: `spec.persistentVolumeClaimRetentionPolicy.${when}`,
      message: `must be Retain: the claims go ${when === 'whenDeleted' ? 'with the StatefulSet' : 'with a pod that is scaled away'}`,
    })),
    ...podTemplatesOf(object).flatMap((template) => {
      const { containers = [], volumes = [] } = template.spec
      for (const volume of volumes) if ('persistentVolumeClaim' in volume) claims.add(String(volume['name']))
      return (containers as readonly ContainerWithData[]).flatMap((container) =>
        dataOutsideOfClaims(container, claims, `${template.path}.spec.containers`),
      )
    }),
  ]
}

/** A data directory whose mount is no claim's. */
function dataOutsideOfClaims(
  { name = '', env = [], volumeMounts = [] }: ContainerWithData,
  claims: ReadonlySet<string | undefined>,
  place: string,
): readonly Finding[] {
  const directory = env.find((variable) => variable.name === 'PGDATA')?.value
  if (directory === undefined) return []
  const mount = volumeMounts
    .filter(({ mountPath }) => `${directory}/`.startsWith(`${mountPath.replace(/\/$/, '')}/`))
    .toSorted((left, right) => right.mountPath.length - left.mountPath.length)[0]
  if (mount !== undefined && claims.has(mount.name)) return []
  return [
    {
      path: `${place}[name=${name}].volumeMounts`,
      message: `must hold a claim for ${directory}: ${mount === undefined ? 'nothing is mounted there' : `volume ${mount.name} is none`}, and the data goes with the pod`,
    },
  ]
}

const CREDENTIALS = /-credentials$/

/** Claims, and the Secrets that hold the password of a database. */
function ofKept(object: KubernetesObject): readonly Finding[] {
  const { kind, apiVersion, metadata } = object
  const isOurs = metadata.labels?.['app.kubernetes.io/managed-by'] === 'cdk8s-database'
  const isSecret = kind === 'Secret' && isOurs && CREDENTIALS.test(metadata.name)
  if (apiVersion !== 'v1' || !(kind === 'PersistentVolumeClaim' || isSecret)) return []
  const owner = metadata.ownerReferences?.[0]
  return [
    ...(owner === undefined
      ? []
      : [{ path: 'metadata.ownerReferences', message: `must be empty: it goes with ${owner.kind} ${owner.name}` }]),
    ...(isSecret ? pruned(metadata.annotations ?? {}) : []),
  ]
}

/** What keeps a manifest's object where its manifest is gone, for each of the tools that prune. */
function pruned(annotations: Readonly<Record<string, string>>): readonly Finding[] {
  const isKept = {
    'argocd.argoproj.io/sync-options': (value: string) => /\bPrune=(false|confirm)\b/.test(value),
    'kustomize.toolkit.fluxcd.io/prune': (value: string) => value === 'disabled',
  }
  return Object.entries(isKept).flatMap(([key, holds]) =>
    holds(annotations[key] ?? '')
      ? []
      : [{ path: `metadata.annotations["${key}"]`, message: 'must protect it: pruned, nobody can log in any more' }],
  )
}
