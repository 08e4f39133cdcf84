/** Reference from a child to the Database that controls it. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** One manager's entry in `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: string
  readonly apiVersion?: string
  readonly time?: string
  readonly subresource?: string
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

/** The part of `metadata` that this project reads. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

/**
 * Any Kubernetes object, as plain JSON. Nothing is modelled beyond what is read: a field that this project does not
 * know passes through untouched.
 */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/** What tells objects apart without their content: what names one, and its labels. */
export interface ObjectHead {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'labels'>
}

/** The head of an object, and nothing of the rest. */
export function headOf({ apiVersion, kind, metadata: { name, namespace, labels } }: ObjectHead): ObjectHead {
  const place = namespace === undefined ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place, ...(labels === undefined ? {} : { labels }) } }
}

/** What names an object in a cluster. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** The reference of an object. */
export function referenceOf(object: KubernetesObject): ObjectReference {
  const { name, namespace } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

/** One line for people and map keys: `apps/v1 StatefulSet shop/orders`. */
export function formatReference(reference: ObjectReference): string {
  const name = reference.namespace === undefined ? reference.name : `${reference.namespace}/${reference.name}`
  return `${reference.apiVersion} ${reference.kind} ${name}`
}

/** The shorter line of progress and errors: `StatefulSet shop/orders`. */
export function formatObject(reference: ObjectReference): string {
  const name = reference.namespace === undefined ? reference.name : `${reference.namespace}/${reference.name}`
  return `${reference.kind} ${name}`
}
