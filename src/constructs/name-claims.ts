import type { IConstruct } from 'constructs'
import { derivedNames } from '../api/names.ts'

/** Paths of the databases of an app, by the namespace and the name of each object that must be theirs alone. */
const claims = new WeakMap<IConstruct, Map<string, string>>()

/**
 * Claims names of a database in its namespace. Two databases of one name, and one called like the headless Service of
 * another (`orders` and `orders-pods`), would overwrite each other's Service; two whose templates and names run together
 * (`data` of `shop-orders`, `data-shop` of `orders`) would write into the same volume.
 * @returns what is wrong, with the path of the database that was first
 */
export function claimNames(
  database: IConstruct,
  namespace: string | undefined,
  name: string,
  claimTemplate: string | undefined,
): string[] {
  const { root, path } = database.node
  const claimed = claims.get(root) ?? new Map<string, string>()
  claims.set(root, claimed)
  const { service, podService, readService, statefulSet, standbyStatefulSet, ...derived } = derivedNames(name)
  const volume = `${claimTemplate ?? derived.claimTemplate}-${name}-0`
  const wanted = [`Service ${service}`, `Service ${podService}`, `PersistentVolumeClaim ${volume}`]
  // Claimed without standbys too: another database of that name would be in their way once they are wanted.
  wanted.push(`Service ${readService}`, `StatefulSet ${statefulSet}`, `StatefulSet ${standbyStatefulSet}`)
  const place = namespace === undefined ? 'without a namespace' : `in namespace ${namespace}`
  const issues = wanted.flatMap((object) => {
    const owner = claimed.get(`${namespace ?? ''}/${object}`)
    return owner === undefined ? [] : [`the ${object} ${place} belongs to ${owner} already: choose another name`]
  })
  for (const object of wanted) {
    const key = `${namespace ?? ''}/${object}`
    if (!claimed.has(key)) claimed.set(key, path)
  }
  return issues.slice(0, 1)
}
