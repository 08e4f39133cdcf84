import type { DatabaseSpec } from '../api/spec.ts'
import type { DerivedNames } from '../api/names.ts'
import { derivedNames } from '../api/names.ts'
import { objectLabels, selectorLabels } from '../api/labels.ts'
import type { Labels } from '../api/labels.ts'
import { parseImage } from '../postgres/image.ts'
import type { PostgresImage } from '../postgres/image.ts'

/** What every child is made from. */
export interface ChildContext {
  /** Name of the Database. */
  readonly name: string
  /** Its namespace. Children name it (RoleBinding subjects, host names), so it must be known when they are made. */
  readonly namespace: string
  readonly spec: DatabaseSpec
  readonly names: DerivedNames
  /** Labels of every object. */
  readonly labels: Labels
  /** Labels that choose the pods. */
  readonly selector: Labels
  readonly image: PostgresImage
}

/** The context of one Database. */
export function childContext(name: string, namespace: string, spec: DatabaseSpec): ChildContext {
  return {
    name,
    namespace,
    spec,
    names: derivedNames(name),
    labels: objectLabels(name),
    selector: selectorLabels(name),
    image: parseImage(spec.image, spec.postgresVersion),
  }
}

/** Metadata of a child: its name, the namespace, the common labels. */
export function childMetadata(
  context: ChildContext,
  name: string,
): { name: string; namespace: string; labels: Record<string, string> } {
  return {
    name,
    namespace: context.namespace,
    labels: { ...context.labels },
  }
}
