import { isHandedOver } from './handed-over.ts'
import type { HandedOverField } from './handed-over.ts'
import type { Rule } from './rule.ts'

/** What of a spec these rules are about. */
interface StandbyShape {
  replicas?: number | undefined
  handedOver?: HandedOverField[] | undefined
  storage?: { layout?: unknown } | undefined
}

const isAlone = ({ replicas }: StandbyShape): boolean => (replicas ?? 1) === 1

/** What does not go together with standbys. */
export const STANDBY_RULES: readonly Rule<StandbyShape>[] = [
  {
    cel: "!has(self.handedOver) || !('statefulSet.replicas' in self.handedOver) || self.replicas == 1",
    message:
      'replicas must be 1 where statefulSet.replicas is handed over: whoever stops the primary would leave the standbys without one',
    holds: (value) => !isHandedOver(value, 'statefulSet.replicas') || isAlone(value),
  },
  {
    cel: '!has(self.storage.layout) || self.replicas == 1',
    message:
      'replicas must be 1 where storage.layout is set: data that somebody else made need not have the superuser that lets standbys in; dump it into a new Database',
    holds: (value) => value.storage?.layout === undefined || isAlone(value),
  },
]
