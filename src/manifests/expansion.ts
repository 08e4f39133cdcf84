import { App, Chart } from 'cdk8s'
import type { Database } from '../api/database.ts'
import type { KubernetesObject } from '../api/object.ts'
import { childContext } from '../constructs/child-context.ts'
import { addChildren } from '../constructs/children.ts'

/**
 * The children of a Database, made in process by the same construct that renders them: for the same spec they are the
 * same bytes as in `dist/`.
 * @param database a valid Database with its namespace
 */
export function expandDatabase(database: Database): KubernetesObject[] {
  const { name, namespace } = database.metadata
  if (namespace === undefined) throw new TypeError(`Database ${name} has no namespace`)
  const chart = new Chart(new App(), 'expansion', { disableResourceNameHashes: true })
  addChildren(chart, childContext(name, namespace, database.spec))
  return chart.toJson() as KubernetesObject[]
}
