import type { DatabaseSpec } from '../api/spec.ts'
import type { DerivedNames } from '../api/names.ts'
import { derivedNames } from '../api/names.ts'
import { objectLabels, selectorLabels } from '../api/labels.ts'
import type { Labels } from '../api/labels.ts'
import { dataLayoutOf } from '../postgres/data-layout.ts'
import type { DataLayout } from '../postgres/data-layout.ts'
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
  /** Where the volume is mounted and the data lies. */
  readonly layout: DataLayout
}

/** The context of one Database. */
export function childContext(name: string, namespace: string, spec: DatabaseSpec): ChildContext {
  const image = parseImage(spec.image, spec.postgresVersion)
  const names = derivedNames(name)
  return {
    name,
    namespace,
    spec,
    names: { ...names, claimTemplate: spec.storage.claimTemplate ?? names.claimTemplate },
    labels: objectLabels(name),
    selector: selectorLabels(name),
    image,
    layout: dataLayoutOf(image, spec.storage.layout),
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
