import type { Subject } from './planned-item.ts'

/** So many creations are all asked about: a second at most. */
const ALL = 100

/** So many of each kind and namespace are asked about where there are more. */
const OF_EACH = 3

/** In so many combinations of kind and namespace each is sampled; above, each kind. */
const COMBINATIONS = 60

/**
 * The creations about which the server is asked before anything is written. Of thousands that are alike (the children
 * of databases come from one construct) a few of each kind and namespace tell what rights, quota, admission and schema
 * have to say; the rest is told when it is applied, and then holds up only its own database.
 */
export function createSample<Creation extends { readonly subject: Subject }>(
  creations: readonly Creation[],
  askEverything: boolean,
): readonly Creation[] {
  if (askEverything || creations.length <= ALL) return creations
  const kindOf = ({ subject: { item } }: Creation): string => `${item.reference.apiVersion}/${item.reference.kind}`
  const scopeOf = (creation: Creation): string =>
    `${kindOf(creation)} ${creation.subject.item.reference.namespace ?? ''}`
  const combinations = Map.groupBy(creations, scopeOf)
  const groups = combinations.size <= COMBINATIONS ? combinations : Map.groupBy(creations, kindOf)
  return [...groups.values()].flatMap((group) => group.slice(0, OF_EACH))
}
