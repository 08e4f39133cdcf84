import { applying, pendingChildren } from './children.ts'
import { awaitCredentials, makeCredentials } from './credentials.ts'
import { dependencies } from './dependencies.ts'
import type { Outcome } from './outcome.ts'
import { makeReplicationSecret } from './standbys.ts'
import { awaitCertificate } from './server-certificate.ts'
import { removing } from './surplus.ts'
import type { World } from './world.ts'

/**
 * What is no longer asked for goes; then dependencies, then credentials, then everything that the pods need: the Secret is there before the StatefulSet.
 * A StatefulSet that exists is kept as desired even while somebody else's Secret is missing: a corrected spec takes
 * effect in every state. A certificate is waited for in any case: no new pod would start without its Secret, and one that
 * runs goes on with what it has read.
 */
export function provisioning(world: World): Outcome | undefined {
  const blocked =
    removing(world) ??
    dependencies(world) ??
    awaitCertificate(world) ??
    makeCredentials(world) ??
    makeReplicationSecret(world)
  if (blocked !== undefined) return blocked
  const waiting = awaitCredentials(world)
  if (waiting !== undefined && world.statefulSet === undefined) return waiting
  const stage = waiting === undefined ? 'provisioning' : undefined
  return applying('Provisioning', pendingChildren(world, stage)) ?? waiting
}
