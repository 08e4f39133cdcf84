import { DEPENDENCY_BACK_OFF_MS, generationOf, isCounted, nextRetry } from './back-off.ts'
import { progressing } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

/**
 * What the database depends on must be there before anything is provisioned. Not asked again once the StatefulSet
 * exists: a running database does not stop for a dependency.
 */
export function dependencies(world: World): Outcome | undefined {
  if ((world.database.spec.dependencies ?? []).length === 0 || world.statefulSet !== undefined) return undefined
  const observed = world.dependencies?.generation === generationOf(world) ? world.dependencies : undefined
  const check = [{ type: 'check-dependencies' }] as const
  if (observed === undefined) {
    const cause = { reason: 'CheckingDependencies', message: 'Checking what spec.dependencies names.' }
    return progressing('Provisioning', cause, { type: 'now' }, check)
  }
  const missing = observed.results.filter(({ available }) => !available)
  if (missing.length === 0) return undefined
  const cause = {
    reason: 'ExternalDependencyUnavailable',
    message: missing.map(({ name, message }) => `${name}: ${message}`).join('; '),
  }
  if (isCounted(world, observed.at)) return progressing('Provisioning', cause, { type: 'now' }, check)
  const { delayMs, ...retry } = nextRetry(world, () => DEPENDENCY_BACK_OFF_MS)
  return { ...progressing('Provisioning', cause, { type: 'after', delayMs, reason: cause.reason }), retry }
}
