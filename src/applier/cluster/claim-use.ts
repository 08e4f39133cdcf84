import type { KubernetesObject } from '../../api/object.ts'

interface PodSpec {
  readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } }[]
}

interface Workload {
  readonly replicas?: number
  readonly suspend?: boolean
  readonly ordinals?: { readonly start?: number }
  readonly template?: { readonly spec?: PodSpec }
  readonly volumeClaimTemplates?: readonly { readonly metadata?: { readonly name?: string } }[]
}

/** Names of the claims that a pod mounts. */
export function claimsOfPod(pod: KubernetesObject): readonly string[] {
  return claimsOfSpec(pod['spec'] as PodSpec | undefined)
}

/** `namespace/name` of every claim that pods of these objects are about to use. */
export function claimsInUse(objects: readonly KubernetesObject[]): ReadonlySet<string> {
  return new Set(
    objects.flatMap((object) => claimsOf(object).map((name) => `${object.metadata.namespace ?? ''}/${name}`)),
  )
}

function claimsOf({ kind, metadata, spec }: KubernetesObject): readonly string[] {
  if (typeof spec !== 'object' || spec === null) return []
  if (kind === 'Pod') return claimsOfSpec(spec)
  const { replicas = 1, suspend = false, ordinals, template, volumeClaimTemplates: ownClaims = [] } = spec as Workload
  if (template?.spec === undefined || replicas === 0 || suspend) return []
  const first = ordinals?.start ?? 0
  const own = ownClaims.flatMap((claim) =>
    Array.from({ length: replicas }, (_, index) => `${claim.metadata?.name ?? ''}-${metadata.name}-${first + index}`),
  )
  return [...claimsOfSpec(template.spec), ...own]
}

function claimsOfSpec(spec: PodSpec | undefined): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
}
