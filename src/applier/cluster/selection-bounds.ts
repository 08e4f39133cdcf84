import { backupSelectorLabels, formatSelector, selectorLabels } from '../../api/labels.ts'
import type { Labels } from '../../api/labels.ts'
import type { KubernetesObject } from '../../api/object.ts'

/** Label that names the database of an object. */
export const INSTANCE_LABEL = 'app.kubernetes.io/instance'

/** So many databases are named in a selector; more make a longer URL than some proxies let through. */
const NAMED_INSTANCES = 30

/** In so many namespaces a kind is read namespace by namespace; above, once for all of them. */
export const NAMESPACES = 4

/** A selector of the objects of some databases, or, of more than can be named, of all that have the common labels. */
export function selectorOfInstances(common: string, names: readonly string[]): string {
  const [only] = names
  if (names.length === 1) return `${common},${INSTANCE_LABEL}=${only}`
  return names.length > NAMED_INSTANCES ? common : `${common},${INSTANCE_LABEL} in (${names.join(',')})`
}

/** A selector of what belongs to some databases, whoever made it: their pods and claims too. */
export function selectorOfDatabases(names: readonly string[]): string {
  return selectorOf(selectorLabels(''), names)
}

/** A selector of the Jobs that make dumps of some databases. */
export function selectorOfDumps(names: readonly string[]): string {
  return selectorOf(backupSelectorLabels(''), names)
}

/** Whether a claim or pod belongs to the dumps of a database: its data is somewhere else. */
export function isOfDumps({ kind, metadata }: KubernetesObject): boolean {
  if (kind !== 'PersistentVolumeClaim' && kind !== 'Pod') return false
  return Object.entries(backupSelectorLabels(metadata.labels?.[INSTANCE_LABEL] ?? '')).every(
    ([key, value]) => metadata.labels?.[key] === value,
  )
}

function selectorOf(labels: Labels, names: readonly string[]): string {
  const { [INSTANCE_LABEL]: _, ...common } = labels
  return selectorOfInstances(formatSelector(common), names)
}
