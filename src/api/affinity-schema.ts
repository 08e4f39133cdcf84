import * as z from 'zod'
import {
  LABEL_KEY_LENGTH,
  LABEL_KEY_PATTERN,
  LABEL_VALUE_LENGTH,
  LABEL_VALUE_PATTERN,
  labelsRule,
} from './label-rules.ts'
import { celString, matches } from './pattern-rule.ts'
import { withRules } from './rule.ts'

interface Expression {
  key: string
  operator: string
  values?: readonly string[] | undefined
}

const FIELD = 'placement.affinity'
const MOST = 8

const labelKey = (meaning: string): z.ZodString =>
  withRules(z.string().min(1).max(LABEL_KEY_LENGTH).describe(meaning), [
    matches(LABEL_KEY_PATTERN, `${FIELD} must name keys of labels, for example topology.kubernetes.io/zone`),
  ])

const values = withRules(
  z.array(z.string().max(LABEL_VALUE_LENGTH)).max(32).describe('Values, as the operator wants them.'),
  [
    {
      cel: `self.all(value, value.matches(${celString(LABEL_VALUE_PATTERN)}))`,
      message: `${FIELD} must name values of labels: letters, digits, dashes, dots and underscores`,
      holds: (all: readonly string[]) => all.every((value) => new RegExp(LABEL_VALUE_PATTERN).test(value)),
    },
  ],
)

const sizeOf = ({ values: all }: Expression): number => all?.length ?? 0

const expression = withRules(
  z.strictObject({
    key: labelKey('Label of the node.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])
      .describe('How label and values are compared.'),
    values: values.optional(),
  }),
  [
    {
      cel: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
      message: `${FIELD} must list values where operator is In or NotIn`,
      holds: (one: Expression) => !['In', 'NotIn'].includes(one.operator) || sizeOf(one) > 0,
    },
    {
      cel: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || size(self.values) == 0",
      message: `${FIELD} must leave values out where operator is Exists or DoesNotExist`,
      holds: (one: Expression) => !['Exists', 'DoesNotExist'].includes(one.operator) || sizeOf(one) === 0,
    },
    {
      cel: "!(self.operator in ['Gt', 'Lt']) || (has(self.values) && size(self.values) == 1 && self.values[0].matches('^[0-9]{1,18}$'))",
      message: `${FIELD} must give one whole number where operator is Gt or Lt`,
      holds: (one: Expression) =>
        !['Gt', 'Lt'].includes(one.operator) || (sizeOf(one) === 1 && /^[0-9]{1,18}$/.test(one.values?.[0] ?? '')),
    },
  ],
)

const nodeTerm = z.strictObject({
  matchExpressions: z.array(expression).min(1).max(MOST).describe('All of these must be true of the node.'),
})

const weight = z.int32().min(1).max(100).describe('Weight, 1 to 100.')

const nodeAffinity = z
  .strictObject({
    requiredDuringSchedulingIgnoredDuringExecution: z
      .strictObject({ nodeSelectorTerms: z.array(nodeTerm).min(1).max(MOST).describe('One of these must be true.') })
      .optional()
      .describe('Nodes that come into question.'),
    preferredDuringSchedulingIgnoredDuringExecution: z
      .array(z.strictObject({ weight, preference: nodeTerm.describe('Nodes that are preferred.') }))
      .max(MOST)
      .optional()
      .describe('Nodes that are preferred, by weight.'),
  })
  .describe('Which nodes, where `nodeSelector` does not say enough.')

const labels = (meaning: string): z.ZodType<Record<string, string>> =>
  withRules(z.record(z.string(), z.string().max(LABEL_VALUE_LENGTH)).meta({ maxProperties: MOST }).describe(meaning), [
    labelsRule(FIELD),
  ])

const podTerm = z.strictObject({
  topologyKey: labelKey('Label of nodes whose value names the place: `kubernetes.io/hostname`.'),
  labelSelector: z.strictObject({ matchLabels: labels('All of these labels.') }).describe('Which pods.'),
  namespaceSelector: z
    .strictObject({ matchLabels: labels('All of these labels; none stands for every namespace.') })
    .optional()
    .describe('Namespaces of these pods. Default: that of the Database.'),
})

const podAffinity = (meaning: string): z.ZodType =>
  z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .array(podTerm)
        .max(MOST)
        .optional()
        .describe('A pod waits rather than stand against these.'),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.strictObject({ weight, podAffinityTerm: podTerm.describe('Pods and place.') }))
        .max(MOST)
        .optional()
        .describe('Preferred, by weight.'),
    })
    .describe(meaning)

/**
 * Schema of `spec.placement.affinity`, in Kubernetes' own form, with labels as the only way to choose pods.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity
 */
export const affinitySchema = z
  .strictObject({
    nodeAffinity: nodeAffinity.optional(),
    podAffinity: podAffinity('Pods near which an instance should run.').optional(),
    podAntiAffinity: podAffinity('Pods from which an instance should keep away.').optional(),
  })
  .describe('Nodes and neighbours, in the form of a pod’s `affinity`.')
