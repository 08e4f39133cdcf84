import * as z from 'zod'
import { LABEL_VALUE_LENGTH, labelsRule } from './label-rules.ts'
import { withRules } from './rule.ts'

const matchLabels = withRules(
  z
    .record(z.string(), z.string().max(LABEL_VALUE_LENGTH))
    .meta({ maxProperties: 8 })
    .describe('All of these labels must be there.'),
  [labelsRule('network.allowFrom')],
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
