import * as z from 'zod'
import { LABEL_VALUE_LENGTH, labelsRule } from './label-rules.ts'
import { withRules } from './rule.ts'

const matchLabels = (field: string): z.ZodType<Record<string, string>> =>
  withRules(
    z
      .record(z.string(), z.string().max(LABEL_VALUE_LENGTH))
      .meta({ maxProperties: 8 })
      .describe('All of these labels must be there.'),
    [labelsRule(field)],
  )

const labelSelector = (field: string, meaning: string): z.ZodObject<{ matchLabels: ReturnType<typeof matchLabels> }> =>
  z.strictObject({ matchLabels: matchLabels(field) }).describe(meaning)

/** Schema of a list of peers, each of pods, of namespaces, or of pods of namespaces. @param field where it stands */
export function peersSchema(field: string): z.ZodArray<z.ZodType<Peer, Peer>> {
  const peer = withRules(
    z.strictObject({
      namespaceSelector: labelSelector(
        field,
        'Namespaces by their labels. Default: the namespace of the Database.',
      ).optional(),
      podSelector: labelSelector(field, 'Pods by their labels. Default: all pods of those namespaces.').optional(),
    }),
    [
      {
        cel: 'has(self.namespaceSelector) || has(self.podSelector)',
        message: `${field} must name pods or namespaces: an empty entry would admit everybody`,
        holds: (value) => value.namespaceSelector !== undefined || value.podSelector !== undefined,
      },
    ],
  )
  // A structural schema has no unions, so what its rule proves the type says here.
  return z.array(peer as z.ZodType as z.ZodType<Peer, Peer>).max(64)
}

interface Selector {
  matchLabels: Record<string, string>
}

/** Somebody who may connect: at least one of the two. */
export type Peer =
  | { podSelector: Selector; namespaceSelector?: Selector | undefined }
  | { namespaceSelector: Selector; podSelector?: Selector | undefined }

/** Schema of `spec.network`. */
export const networkSchema = z
  .strictObject({
    allowFrom: peersSchema('network.allowFrom')
      .optional()
      .describe(
        'Who may connect, besides pods of the same namespace that carry the label `database.example.com/client-of: <name>`.',
      ),
  })
  .describe('Who may connect. Everybody else is kept out by a NetworkPolicy.')
