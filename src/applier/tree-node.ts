import { objectStatus } from '../api/kstatus.ts'
import type { ObjectStatus } from '../api/kstatus.ts'
import type { KubernetesObject } from '../api/object.ts'

/** One object of a database's tree. */
export interface TreeNode {
  readonly kind: string
  readonly name: string
  readonly status: ObjectStatus
  readonly children: readonly TreeNode[]
}

/** A node with what the object says of itself, and nothing below it. */
export function node(kind: string, name: string, object: KubernetesObject | undefined): TreeNode {
  return { kind, name, status: objectStatus(object), children: [] }
}
