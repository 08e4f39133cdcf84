import type { Database } from '../../api/database.ts'
import { InputError } from '../../api/input-error.ts'
import { derivedNames } from '../../api/names.ts'
import { formatObject, formatReference } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { checkDatabase } from '../../api/parameter-check.ts'
import { isDatabase } from '../../api/validation.ts'

/** One object to apply: what is sent, where to, and where it was read. */
export interface ApplyItem {
  /** The body, exactly as it stands in the manifest. */
  readonly object: KubernetesObject
  /** Where it goes; the namespace is resolved. */
  readonly reference: ObjectReference
  /** `file:line`; absent for what was expanded. */
  readonly source?: string
  /** `file:line` of a field, or of its nearest parent. */
  readonly placeOf?: (path: readonly (string | number)[]) => string
}

/** A Database and everything that belongs to it. */
export interface DatabaseItem {
  /** `namespace/name`. */
  readonly key: string
  /** Validated, with defaults and namespace. */
  readonly database: Database
  readonly resource: ApplyItem
  /** Children in the order of their application; the credentials Secret is not among them. */
  readonly children: readonly ApplyItem[]
  /** The credentials Secret without a password; absent where the spec names an existing one. */
  readonly credentials: ApplyItem | undefined
}

/** Everything of one run. */
export interface ApplySet {
  /** Objects that belong to no Database, in the order in which they must be applied. */
  readonly others: readonly ApplyItem[]
  readonly databases: readonly DatabaseItem[]
}

/** Everything that a set describes, whatever the plan makes of it: what is refused for now is not to be pruned. */
export function itemsOf({ others, databases }: ApplySet): ApplyItem[] {
  const all = databases.flatMap(({ resource, children, credentials }) => [resource, ...children, credentials])
  return [...others, ...all.filter((item) => item !== undefined)]
}

/** A manifest with its place; what `manifests/` reads fits. */
export interface SourcedObject {
  readonly object: KubernetesObject
  readonly source: { readonly file: string; readonly line: number }
  lineOf(path: readonly (string | number)[]): number
}

/** What building a set needs to know of the world. */
export interface ApplySetOptions {
  /** Namespace of objects that name none. */
  readonly namespace: string
  readonly isNamespaced: (apiVersion: string, kind: string) => Promise<boolean>
  /** Makes the children of a Database that comes without them. */
  readonly expand: (database: Database) => Promise<readonly KubernetesObject[]>
}

/** Kinds that others need, first things first; everything else keeps its order after them. */
const FIRST_KINDS = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'Secret',
  'ConfigMap',
]

/**
 * Sorts manifests into databases with their children, and the rest. A Database without its children is expanded.
 * @throws InputError with every rule that a Database breaks, file and line
 */
export async function buildApplySet(documents: readonly SourcedObject[], options: ApplySetOptions): Promise<ApplySet> {
  const databases = validated(documents.filter(({ object }) => isDatabase(object)))
  const isNamespaced = scopes(documents, options)
  const items = await Promise.all(documents.map((document) => itemOf(document, isNamespaced, options.namespace)))
  const itemOfDocument = new Map(documents.map((document, index) => [document, items[index]]))
  const claimed = itemsByOwner(items)
  const taken = new Set<ApplyItem>()
  const grouped: DatabaseItem[] = []
  for (const [document, valid] of databases) {
    const resource = itemOfDocument.get(document)
    if (resource === undefined) continue
    const namespace = resource.reference.namespace ?? options.namespace
    const database = { ...valid, metadata: { ...valid.metadata, namespace } }
    const key = `${namespace}/${database.metadata.name}`
    const own = (claimed.get(key) ?? []).filter((item) => item !== resource)
    for (const item of [resource, ...own]) taken.add(item)
    const all = own.length > 0 ? own : (await options.expand(database)).map((object) => expanded(object, namespace))
    const secretName = derivedNames(database.metadata.name).credentialsSecret
    const isCredentials = ({ reference }: ApplyItem): boolean =>
      reference.kind === 'Secret' && reference.name === secretName
    grouped.push({
      key,
      database,
      resource,
      children: all.filter((item) => !isCredentials(item)),
      credentials: all.find(isCredentials),
    })
  }
  refuseCollisions(
    items.filter((item) => !taken.has(item)),
    grouped,
  )
  const rank = ({ reference }: ApplyItem): number => {
    const index = FIRST_KINDS.indexOf(reference.kind)
    return index === -1 ? FIRST_KINDS.length : index
  }
  return {
    others: items.filter((item) => !taken.has(item)).toSorted((left, right) => rank(left) - rank(right)),
    databases: grouped,
  }
}

/** Two databases whose names make the same object (`a` and `a-pods`), or an object beside a child of that name. */
function refuseCollisions(others: readonly ApplyItem[], databases: readonly DatabaseItem[]): void {
  const seen = new Map<string, string>()
  const claim = ({ reference }: ApplyItem, claimant: string): void => {
    const key = formatReference(reference)
    const first = seen.get(key)
    if (first !== undefined) {
      throw new InputError(`${first} and ${claimant} both make ${formatObject(reference)}`, {
        where: databases
          .map(({ resource }) => resource.source)
          .filter((source) => source !== undefined)
          .join(', '),
        remedy: 'give one of them another name',
      })
    }
    seen.set(key, claimant)
  }
  for (const item of others) claim(item, item.source ?? 'the manifests')
  for (const { key, resource, children, credentials } of databases) {
    for (const item of [resource, ...children, ...(credentials === undefined ? [] : [credentials])])
      claim(item, `Database ${key}`)
  }
}

function validated(documents: readonly SourcedObject[]): [SourcedObject, Database][] {
  const problems: string[] = []
  const places: string[] = []
  const valid: [SourcedObject, Database][] = []
  for (const document of documents) {
    const result = checkDatabase(document.object)
    if (result.ok) {
      valid.push([document, result.database])
      continue
    }
    for (const issue of result.issues) {
      problems.push(issue.message)
      places.push(`${document.source.file}:${document.lineOf(issue.path)}`)
    }
  }
  if (problems.length > 0) {
    throw new InputError(problems.join('\n       '), {
      where: places.join(', '),
      remedy:
        'correct the manifest (or the construct that wrote it) and run the same command again; nothing was applied',
    })
  }
  return valid
}

async function itemOf(
  document: SourcedObject,
  isNamespaced: ApplySetOptions['isNamespaced'],
  defaultNamespace: string,
): Promise<ApplyItem> {
  const { object, source } = document
  const { apiVersion, kind, metadata } = object
  const namespace = (await isNamespaced(apiVersion, kind)) ? (metadata.namespace ?? defaultNamespace) : undefined
  const reference = { apiVersion, kind, name: metadata.name, ...(namespace === undefined ? {} : { namespace }) }
  for (const field of ['uid', 'resourceVersion', 'managedFields'] as const) {
    if (metadata[field] === undefined) continue
    throw new InputError(`metadata.${field} of ${formatObject(reference)} belongs to the server`, {
      where: `${source.file}:${document.lineOf(['metadata', field])}`,
      remedy: `remove metadata.${field} from the manifest`,
    })
  }
  return {
    object,
    reference,
    source: `${source.file}:${source.line}`,
    placeOf: (path) => `${source.file}:${document.lineOf(path)}`,
  }
}

/**
 * The scope of kinds, each found out once: what a CustomResourceDefinition of the same set says, which the server may
 * not know yet, else what the server says.
 */
function scopes(documents: readonly SourcedObject[], options: ApplySetOptions): ApplySetOptions['isNamespaced'] {
  const defined = new Map<string, boolean>()
  for (const { object } of documents) {
    if (object.kind !== 'CustomResourceDefinition') continue
    const spec = object['spec'] as { group?: string; scope?: string; names?: { kind?: string } } | undefined
    const key = `${spec?.group} ${spec?.names?.kind}`
    if (!defined.has(key)) defined.set(key, spec?.scope === 'Namespaced')
  }
  const answers = new Map<string, Promise<boolean>>()
  return (apiVersion, kind) => {
    const key = `${apiVersion} ${kind}`
    const known = answers.get(key)
    if (known !== undefined) return known
    const scope = defined.get(`${apiVersion.split('/')[0]} ${kind}`)
    const answer = scope === undefined ? options.isNamespaced(apiVersion, kind) : Promise.resolve(scope)
    answers.set(key, answer)
    return answer
  }
}

/** Items by the `namespace/name` of the Database that they name as theirs, in their order. */
function itemsByOwner(items: readonly ApplyItem[]): Map<string, ApplyItem[]> {
  const owned = new Map<string, ApplyItem[]>()
  for (const item of items) {
    const { object, reference } = item
    const labels = object.metadata.labels
    const name: unknown = labels?.['app.kubernetes.io/instance']
    if (reference.namespace === undefined || typeof name !== 'string') continue
    if (labels?.['app.kubernetes.io/managed-by'] !== 'cdk8s-database') continue
    const key = `${reference.namespace}/${name}`
    const others = owned.get(key)
    if (others === undefined) owned.set(key, [item])
    else others.push(item)
  }
  return owned
}

function expanded(object: KubernetesObject, namespace: string): ApplyItem {
  const { apiVersion, kind, metadata } = object
  return { object, reference: { apiVersion, kind, name: metadata.name, namespace } }
}
