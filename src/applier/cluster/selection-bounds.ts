import { selectorLabels } from '../../api/labels.ts'

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
  const { [INSTANCE_LABEL]: _, ...common } = selectorLabels('')
  return selectorOfInstances(
    Object.entries(common)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    names,
  )
}
