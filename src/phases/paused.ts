import { isConditionTrue } from './conditions.ts'
import type { Outcome } from './outcome.ts'
import { shownPhase } from './readiness.ts'
import { rolloutOf } from './rollout.ts'
import type { World } from './world.ts'

/**
 * Somebody asked to leave the database alone. The phase stays where it is, because nothing moves it. A Ready stays
 * while what runs is what the spec asks for; beyond that nothing is known, and nothing is claimed.
 */
export function paused(world: World): Outcome {
  const { children, credentials, database } = world
  const phase = shownPhase(world) ?? 'Pending'
  const isReady =
    phase === 'Ready' &&
    isConditionTrue(database.status?.conditions, 'Ready') &&
    credentials.state === 'complete' &&
    children.every(({ verdict }) => verdict === 'unchanged') &&
    rolloutOf(world)?.isComplete === true
  return {
    phase: phase === 'Ready' && !isReady ? 'Updating' : phase,
    ready: isReady ? 'True' : 'Unknown',
    cause: {
      reason: 'Paused',
      message: isReady
        ? 'spec.paused is set; the database was ready and runs as the spec asks.'
        : 'spec.paused is set: whether the database is as the spec asks is not judged.',
    },
    progress: 'paused',
    isAbnormal: false,
    effects: [],
    next: { type: 'paused' },
  }
}
