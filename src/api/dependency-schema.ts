import * as z from 'zod'
import { ADDRESS_RULES } from './address-rules.ts'
import { withRules } from './rule.ts'

/** An object that must exist. */
export interface RequiredObject {
  apiVersion: string
  kind: string
  name: string
  condition?: string | undefined
}

/** An object or an address; the rule of the schema sees to it that there is one of them. */
export type Dependency = { object: RequiredObject; address?: undefined } | { address: string; object?: undefined }

const judged = withRules(
  z.strictObject({
    object: z
      .strictObject({
        apiVersion: z.string().min(1).max(253).describe('For example `v1` or `cert-manager.io/v1`.'),
        kind: z.string().min(1).max(63).describe('For example `ConfigMap`.'),
        name: z
          .string()
          .min(1)
          .max(253)
          .describe('Name of the object, in the namespace of the Database (or cluster-scoped).'),
        condition: z
          .string()
          .min(1)
          .max(63)
          .optional()
          .describe('A condition of the object that must be `True`. Default: existing is enough.'),
      })
      .optional()
      .describe('An object that must exist.'),
    address: withRules(
      z.string().min(3).max(259).describe('`host:port` that must accept a TCP connection.'),
      ADDRESS_RULES,
    ).optional(),
  }),
  [
    {
      cel: 'has(self.object) != has(self.address)',
      message: 'dependencies must each have either an object or an address',
      holds: (value: Partial<Record<keyof Dependency, unknown>>) =>
        (value.object === undefined) !== (value.address === undefined),
    },
  ],
)

/** Schema of one of `spec.dependencies`. A structural schema has no unions, so what its rule proves the type says here. */
export const dependencySchema = judged as z.ZodType as z.ZodType<Dependency, Dependency>
