import type { Database } from '../../api/database.ts'
import { InputError } from '../../api/input-error.ts'
import { derivedNames } from '../../api/names.ts'
import { formatObject, formatReference } from '../../api/object.ts'
import type { KubernetesObject, ObjectReference } from '../../api/object.ts'
import { isDatabase } from '../../api/validation.ts'
import type { Document, DocumentText } from '../../manifests/document.ts'
import { validDatabases } from './valid-databases.ts'

/** One object to apply: what is sent, where to, and where it was read. */
export interface ApplyItem {
  /** The body, exactly as it stands in the manifest; of a known document it is read when it is asked for. */
  readonly object: KubernetesObject
  /** Where it goes; the namespace is resolved. */
  readonly reference: ObjectReference
  /** `file:line`; absent for what was expanded. */
  readonly source?: string
  /** `file:line` of a field, or of its nearest parent. */
  readonly placeOf?: (path: readonly (string | number)[]) => string
  /** The text of the manifest, where it has one of its own that can be remembered. */
  readonly text?: DocumentText
}

/** Labels of the manifest. What is known of it is enough for them. */
export function labelsOf(item: ApplyItem): Readonly<Record<string, string>> {
  const { metadata } = item.text?.head ?? item.object
  return metadata.labels ?? {}
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
export async function buildApplySet(documents: readonly Document[], options: ApplySetOptions): Promise<ApplySet> {
  const databases = validDatabases(documents.filter(({ head }) => isDatabase(head)))
  const isNamespaced = scopes(documents, options)
  const items = await Promise.all(documents.map((document) => itemOf(document, isNamespaced, options.namespace)))
  const itemOfDocument = new Map(documents.map((document, index) => [document, items[index]]))
  const claimed = itemsByOwner(items)
  const taken = new Set<ApplyItem>()
  const grouped: DatabaseItem[] = []
  for (const [document, valid] of databases) {
    const resource = itemOfDocument.get(document)
    if (resource === undefined) continue
    const { name, namespace = options.namespace } = resource.reference
    const key = `${namespace}/${name}`
    const own = (claimed.get(key) ?? []).filter((item) => item !== resource)
    for (const item of [resource, ...own]) taken.add(item)
    const all =
      own.length > 0 ? own : (await options.expand(valid(namespace))).map((object) => expanded(object, namespace))
    const secretName = derivedNames(name).credentialsSecret
    const isCredentials = ({ reference }: ApplyItem): boolean =>
      reference.kind === 'Secret' && reference.name === secretName
    grouped.push({
      key,
      get database() {
        return valid(namespace)
      },
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

async function itemOf(
  document: Document,
  isNamespaced: ApplySetOptions['isNamespaced'],
  defaultNamespace: string,
): Promise<ApplyItem> {
  const { head, source, text } = document
  const { apiVersion, kind, metadata } = head
  const namespace = (await isNamespaced(apiVersion, kind)) ? (metadata.namespace ?? defaultNamespace) : undefined
  const reference = { apiVersion, kind, name: metadata.name, ...(namespace === undefined ? {} : { namespace }) }
  if (!document.isKnown) refuseFieldsOfTheServer(document, reference)
  return {
    get object() {
      return document.object
    },
    reference,
    ...(text === undefined ? {} : { text }),
    source: `${source.file}:${source.line}`,
    placeOf: (path) => `${source.file}:${document.lineOf(path)}`,
  }
}

function refuseFieldsOfTheServer({ object, source, lineOf }: Document, reference: ObjectReference): void {
  for (const field of ['uid', 'resourceVersion', 'managedFields'] as const) {
    if (object.metadata[field] === undefined) continue
    throw new InputError(`metadata.${field} of ${formatObject(reference)} belongs to the server`, {
      where: `${source.file}:${lineOf(['metadata', field])}`,
      remedy: `remove metadata.${field} from the manifest`,
    })
  }
}

/**
 * The scope of kinds, each found out once: what a CustomResourceDefinition of the same set says, which the server may
 * not know yet, else what the server says.
 */
function scopes(documents: readonly Document[], options: ApplySetOptions): ApplySetOptions['isNamespaced'] {
  const defined = new Map<string, boolean>()
  for (const document of documents) {
    if (document.head.kind !== 'CustomResourceDefinition') continue
    const spec = document.object['spec'] as { group?: string; scope?: string; names?: { kind?: string } } | undefined
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
    const { reference } = item
    const labels = labelsOf(item)
    const name: unknown = labels['app.kubernetes.io/instance']
    if (reference.namespace === undefined || typeof name !== 'string') continue
    if (labels['app.kubernetes.io/managed-by'] !== 'cdk8s-database') continue
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
