import * as z from 'zod'
import { LABEL_KEY_LENGTH, LABEL_KEY_PATTERN, LABEL_VALUE_LENGTH, LABEL_VALUE_PATTERN } from './label-rules.ts'
import { matches } from './pattern-rule.ts'
import { withRules } from './rule.ts'

interface Toleration {
  key?: string | undefined
  operator?: string | undefined
  value?: string | undefined
  effect?: string | undefined
  tolerationSeconds?: number | undefined
}

/**
 * Schema of one of `spec.placement.tolerations`, in Kubernetes' own form.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
export const tolerationSchema = withRules(
  z.strictObject({
    key: withRules(z.string().min(1).max(LABEL_KEY_LENGTH).describe('Key of the taint. Default: every one.'), [
      matches(
        LABEL_KEY_PATTERN,
        'placement.tolerations.key must be the key of a taint, for example dedicated or example.com/dedicated',
      ),
    ]).optional(),
    operator: z
      .enum(['Equal', 'Exists'])
      .optional()
      .describe('`Exists`: any value will do. Default: `Equal`, the value must be the same.'),
    value: withRules(z.string().max(LABEL_VALUE_LENGTH).describe('Value of the taint, for `Equal`.'), [
      matches(
        LABEL_VALUE_PATTERN,
        'placement.tolerations.value must be the value of a taint: letters, digits, dashes, dots and underscores',
      ),
    ]).optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('What the taint would do. Default: every effect.'),
    tolerationSeconds: z
      .int()
      .min(0)
      .optional()
      .describe('For how long the taint `NoExecute` is borne. Default: for ever.'),
  }),
  [
    {
      cel: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
      message: 'placement.tolerations must name a key, or bear every taint with operator: Exists',
      holds: ({ key, operator }: Toleration) => key !== undefined || operator === 'Exists',
    },
    {
      cel: "!has(self.operator) || self.operator != 'Exists' || !has(self.value)",
      message: 'placement.tolerations must leave value out where operator is Exists: any value will do',
      holds: ({ operator, value }: Toleration) => operator !== 'Exists' || value === undefined,
    },
    {
      cel: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message:
        'placement.tolerations must say effect: NoExecute beside tolerationSeconds: no other effect ends anything',
      holds: ({ effect, tolerationSeconds }: Toleration) => tolerationSeconds === undefined || effect === 'NoExecute',
    },
  ],
)
