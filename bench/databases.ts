/** What the databases of a benchmark are called. */

/** The image that is applied first, and another minor of the same major to change to. */
export const IMAGES: readonly [string, string] = ['postgres:18.4-trixie', 'postgres:18.3-trixie']

/** Names of one database, by its place in the set. */
export interface DatabaseFacts {
  /** Of the resource, and of its chart and file. */
  readonly name: string
  readonly databaseName: string
  readonly username: string
}

/** Names that are as long for the first database as for the last. */
export function databaseFacts(index: number): DatabaseFacts {
  const number = String(index).padStart(4, '0')
  return { name: `orders-${number}`, databaseName: `orders_${number}`, username: `orders_${number}_app` }
}
