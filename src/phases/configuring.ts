import { applying, pendingChildren } from './children.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** What stands beside the pods: the Services. */
export function configuring(world: World): Outcome | undefined {
  return applying('Configuring', pendingChildren(world, 'configuring'))
}
