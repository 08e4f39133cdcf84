import * as z from 'zod'
import { affinitySchema } from './affinity-schema.ts'
import { LABEL_KEY_LENGTH, LABEL_KEY_PATTERN, LABEL_VALUE_LENGTH, labelsRule } from './label-rules.ts'
import { matches, objectName } from './pattern-rule.ts'
import { withRules } from './rule.ts'
import { tolerationSchema } from './toleration-schema.ts'

const topologyKey = withRules(
  z
    .string()
    .min(1)
    .max(LABEL_KEY_LENGTH)
    .describe('Label of nodes whose value names the place: `kubernetes.io/hostname`.'),
  [
    matches(
      LABEL_KEY_PATTERN,
      'placement.topologySpreadConstraints.topologyKey must be the key of a label of nodes, for example topology.kubernetes.io/zone',
    ),
  ],
)

interface Spread {
  topologyKey: string
  whenUnsatisfiable: string
}

const spread = (one: Spread): string => `${one.topologyKey} ${one.whenUnsatisfiable}`

const topologySpreadConstraints = withRules(
  z
    .array(
      z.strictObject({
        topologyKey,
        whenUnsatisfiable: z
          .enum(['DoNotSchedule', 'ScheduleAnyway'])
          .describe('Whether a pod waits rather than stand where too many are (`DoNotSchedule`).'),
        maxSkew: z
          .int32()
          .min(1, 'placement.topologySpreadConstraints.maxSkew must be at least 1')
          .max(100)
          .optional()
          .describe('By how many pods two places may differ. Default: 1.'),
      }),
    )
    .max(8)
    .describe(
      'How instances are spread; the pods are those of this database. Default: over zones and over nodes, as far as it goes. An empty list spreads nothing.',
    ),
  [
    {
      cel: 'self.all(one, self.exists_one(other, other.topologyKey == one.topologyKey && other.whenUnsatisfiable == one.whenUnsatisfiable))',
      message: 'placement.topologySpreadConstraints must name each topologyKey once for each whenUnsatisfiable',
      holds: (list: readonly Spread[]) => new Set(list.map(spread)).size === list.length,
    },
  ],
)

/** Schema of `spec.placement`. */
export const placementSchema = z
  .strictObject({
    nodeSelector: withRules(
      z
        .record(z.string(), z.string().max(LABEL_VALUE_LENGTH))
        .meta({ maxProperties: 16 })
        .describe('Labels that a node must have.'),
      [labelsRule('placement.nodeSelector')],
    ).optional(),
    tolerations: z
      .array(tolerationSchema)
      .max(16)
      .optional()
      .describe('Taints of nodes that keep the pod out no longer.'),
    affinity: affinitySchema.optional(),
    topologySpreadConstraints: topologySpreadConstraints.optional(),
    priorityClassName: objectName(
      'placement.priorityClassName',
      'PriorityClass',
      'PriorityClass of the pods: who goes first when a node is full. It must exist.',
    ).optional(),
  })
  .describe('On which nodes the pods run, and before whom.')
