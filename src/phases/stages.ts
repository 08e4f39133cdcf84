import type { Phase } from '../api/status.ts'
import { configuring } from './configuring.ts'
import { deploying } from './deploying.ts'
import type { Outcome } from './outcome.ts'
import { provisioning } from './provisioning.ts'
import { rotating } from './rotating.ts'
import { verifying } from './verifying.ts'
import type { World } from './world.ts'

/** One step of the walk. */
export interface Stage {
  readonly phase: Phase
  /** What is to be done or waited for; `undefined` where the stage is satisfied. */
  readonly evaluate: (world: World) => Outcome | undefined
}

/** The walk, in order: the phase is the first stage that is not satisfied, and Ready where all are. */
export const STAGES: readonly Stage[] = [
  { phase: 'Provisioning', evaluate: provisioning },
  { phase: 'Configuring', evaluate: configuring },
  { phase: 'Deploying', evaluate: deploying },
  { phase: 'Deploying', evaluate: rotating },
  { phase: 'Verifying', evaluate: verifying },
]
