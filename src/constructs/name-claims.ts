import type { IConstruct } from 'constructs'
import { derivedNames } from '../api/names.ts'

/** Paths of the databases of an app, by the namespace and the name of each Service that is theirs. */
const claims = new WeakMap<IConstruct, Map<string, string>>()

/**
 * Claims the names of a database's Services in its namespace: two databases of one name, and one called like the
 * headless Service of another (`orders` and `orders-pods`), would overwrite each other.
 * @returns what is wrong, with the path of the database that was first
 */
export function claimNames(database: IConstruct, namespace: string | undefined, name: string): string[] {
  const { root, path } = database.node
  const claimed = claims.get(root) ?? new Map<string, string>()
  claims.set(root, claimed)
  const { service, podService } = derivedNames(name)
  const place = namespace === undefined ? 'without a namespace' : `in namespace ${namespace}`
  const issues = [service, podService].flatMap((wanted) => {
    const owner = claimed.get(`${namespace ?? ''}/${wanted}`)
    return owner === undefined
      ? []
      : [`the Service ${wanted} ${place} belongs to ${owner} already: choose another name`]
  })
  for (const wanted of [service, podService]) {
    const key = `${namespace ?? ''}/${wanted}`
    if (!claimed.has(key)) claimed.set(key, path)
  }
  return issues.slice(0, 1)
}
