import type { ObjectReference } from '../../api/object.ts'

/** Kinds whose dependents stay: their pods go on, and the new object adopts them by their labels. */
const ORPHANING: ReadonlySet<string> = new Set(['StatefulSet'])

/** Whether what an object owns stays when it is replaced. */
export function keepsDependents({ kind }: Pick<ObjectReference, 'kind'>): boolean {
  return ORPHANING.has(kind)
}
