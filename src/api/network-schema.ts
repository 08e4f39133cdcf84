import * as z from 'zod'
import { celString } from './pattern-rule.ts'
import { withRules } from './rule.ts'

/** Label keys and values. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const KEY = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$'
const VALUE = '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$'

const matchLabels = withRules(
  z.record(z.string(), z.string().max(63)).meta({ maxProperties: 8 }).describe('All of these labels must be there.'),
  [
    {
      cel: `self.all(key, key.matches(${celString(KEY)}) && self[key].matches(${celString(VALUE)}))`,
      message: 'network.allowFrom must name labels as Kubernetes writes them, for example app: shop',
      holds: (labels) =>
        Object.entries(labels).every(([key, value]) => new RegExp(KEY).test(key) && new RegExp(VALUE).test(value)),
    },
  ],
)

const labelSelector = (meaning: string): z.ZodObject<{ matchLabels: typeof matchLabels }> =>
  z.strictObject({ matchLabels }).describe(meaning)

const peer = withRules(
  z.strictObject({
    namespaceSelector: labelSelector('Namespaces by their labels. Default: the namespace of the Database.').optional(),
    podSelector: labelSelector('Pods by their labels. Default: all pods of those namespaces.').optional(),
  }),
  [
    {
      cel: 'has(self.namespaceSelector) || has(self.podSelector)',
      message: 'network.allowFrom must name pods or namespaces: an empty entry would admit everybody',
      holds: (value) => value.namespaceSelector !== undefined || value.podSelector !== undefined,
    },
  ],
)

/** Schema of `spec.network`. */
export const networkSchema = z
  .strictObject({
    allowFrom: z
      .array(peer)
      .max(64)
      .optional()
      .describe(
        'Who may connect, besides pods of the same namespace that carry the label `database.example.com/client-of: <name>`.',
      ),
  })
  .describe('Who may connect. Everybody else is kept out by a NetworkPolicy.')
