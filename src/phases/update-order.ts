import { derivedNames } from '../api/names.ts'
import { isPodReady, isStandby } from './pod.ts'
import { areStandbysRolledOut } from './rollout.ts'
import type { ChildObservation, World } from './world.ts'

/**
 * Whether a child waits for others: the primary is changed last, when every standby runs with the change. What a standby
 * does not survive never reaches the primary, and clients lose their connections once.
 *
 * It waits only while it serves: standbys cannot become ready without it, so one that is broken is mended at once. A
 * StatefulSet that is replaced keeps its pod and need not wait.
 */
export function isHeldBack(world: World, { object, verdict }: ChildObservation): boolean {
  const { database, children, pods } = world
  if (database.spec.replicas <= 1 || verdict !== 'update') return false
  const names = derivedNames(database.metadata.name)
  if (object.kind !== 'StatefulSet' || object.metadata.name !== names.statefulSet) return false
  if (!pods.some((pod) => !isStandby(pod) && isPodReady(pod))) return false
  const isPending = children.some(
    (child) =>
      child.object.kind === 'StatefulSet' &&
      child.object.metadata.name === names.standbyStatefulSet &&
      child.verdict !== 'unchanged',
  )
  return isPending || !areStandbysRolledOut(world)
}
