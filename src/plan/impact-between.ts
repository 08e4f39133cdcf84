import { formatReference, referenceOf } from '../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { differences } from './difference.ts'
import { impactOf, IMPACT_ROWS } from './impact.ts'
import type { Impact } from './impact.ts'
import { Masker } from './masking.ts'

/** What the change of one field between two sets of manifests does to the database that runs. */
export interface FieldImpact {
  readonly object: ObjectReference
  /** `spec.template.spec.containers[name=postgres].image`; empty for an object that is no longer there. */
  readonly path: string
  /** Secret values are masked. */
  readonly before: unknown
  readonly after: unknown
  /** `undefined`: the table does not know. That is not the claim that nothing happens. */
  readonly impact: Impact | undefined
  /** The end of a sentence: `restart, because the pod is replaced by one of this image`. */
  readonly because: string
}

const UNKNOWN = 'the impact table does not know this field'

/** What takes its pods with it when it leaves the manifests and somebody prunes it. */
const HOLDS_PODS: ReadonlySet<string> = new Set(['Database.database.example.com', 'StatefulSet.apps'])

const KINDS: ReadonlySet<string> = new Set(IMPACT_ROWS.map(({ kind }) => kind))

/**
 * What it does to the databases of a set of manifests when another one takes its place, field by field, by the table
 * that `diff` and `apply` ask. Objects that are new change nothing that runs. Objects that are none of a database's are
 * passed over: a kind that the table does not have, and a workload that carries other labels.
 */
export function impactsBetween(
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
): readonly FieldImpact[] {
  const masker = new Masker()
  const wanted = new Map(after.map((object) => [formatReference(referenceOf(object)), object]))
  return before.filter(isOfDatabase).flatMap((old) => {
    const object = referenceOf(old)
    const next = wanted.get(formatReference(object))
    if (next === undefined) return HOLDS_PODS.has(kindOf(old)) ? [removed(object)] : []
    const judged = differences(old, next).map((change) => {
      const found = impactOf(old, change, { before: old, after: next })
      return { path: change.path, impact: found?.impact, because: found?.because ?? UNKNOWN }
    })
    const shown = differences(masker.maskObject(old), masker.maskObject(next))
    return judged.map(({ path, impact, because }) => {
      const values = shown.find((difference) => difference.path === path)
      return { object, path, before: values?.before, after: values?.after, impact, because }
    })
  })
}

const removed = (object: ObjectReference): FieldImpact => ({
  object,
  path: '',
  before: undefined,
  after: undefined,
  impact: 'restart',
  because: 'it is no longer among the manifests: whoever prunes it stops the pods',
})

function kindOf({ apiVersion, kind }: KubernetesObject): string {
  return apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0]}` : kind
}

function isOfDatabase(object: KubernetesObject): boolean {
  const kind = kindOf(object)
  if (!KINDS.has(kind)) return false
  if (kind === 'Database.database.example.com') return true
  return object.metadata.labels?.['app.kubernetes.io/managed-by'] === 'cdk8s-database'
}
