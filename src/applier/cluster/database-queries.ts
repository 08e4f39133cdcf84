import { KIND } from '../../api/group.ts'
import type { KubernetesObject } from '../../api/object.ts'
import type { ObjectQuery } from './cluster-api.ts'
import { INSTANCE_LABEL, NAMESPACES, selectorOfDatabases } from './selection-bounds.ts'

/** Kinds of what belongs to a database and stands in no manifest: a controller of the cluster makes them. */
export const MADE_BY_OTHERS = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
] as const

/** A database by its place. */
export interface DatabasePlace {
  readonly namespace: string
  readonly name: string
}

/** Some databases that are read together. */
export interface DatabaseScope {
  /** `undefined`: all namespaces at once. */
  readonly namespace: string | undefined
  readonly names: readonly string[]
}

/** Whether databases are in so few namespaces that each is read by itself. */
export function areInFewNamespaces(databases: readonly DatabasePlace[]): boolean {
  return new Set(databases.map(({ namespace }) => namespace)).size <= NAMESPACES
}

/** The same databases, by what is read in one request. */
export function scopesOf(databases: readonly DatabasePlace[], isPerNamespace: boolean): DatabaseScope[] {
  const namesOf = (some: readonly DatabasePlace[]): string[] => some.map(({ name }) => name)
  if (!isPerNamespace) return [{ namespace: undefined, names: namesOf(databases) }]
  return [...Map.groupBy(databases, ({ namespace }) => namespace)].map(([namespace, some]) => ({
    namespace,
    names: namesOf(some),
  }))
}

/** The collection of one kind that belongs to the databases of a scope, whoever made the objects. */
export function queryOfScope(
  { apiVersion, kind }: Pick<ObjectQuery, 'apiVersion' | 'kind'>,
  { namespace, names }: DatabaseScope,
): ObjectQuery {
  const query = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) }
  const [only] = names
  if (kind !== KIND) return { ...query, labelSelector: selectorOfDatabases(names) }
  return names.length === 1 ? { ...query, fieldSelector: `metadata.name=${only}` } : query
}

/** The database that an object belongs to: a Database is its own, the others carry its name as a label. */
export function databaseKeyOf({ kind, metadata }: KubernetesObject): string {
  const name = kind === KIND ? metadata.name : metadata.labels?.[INSTANCE_LABEL]
  return `${metadata.namespace ?? ''}/${name ?? ''}`
}
