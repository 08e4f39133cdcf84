import * as z from 'zod'
import { amountRules } from './amount-rules.ts'
import type { AmountBounds } from './amount-rules.ts'
import { parseQuantity } from './quantity.ts'
import { withRules } from './rule.ts'
import type { Rule } from './rule.ts'

const amount = (field: string, meaning: string, bounds: AmountBounds): z.ZodType<string | number> =>
  withRules(
    z
      .union([z.string().max(32), z.int()])
      .meta({ 'x-kubernetes-int-or-string': true, maxLength: 32 })
      .describe(meaning),
    amountRules(field, bounds, 'string(self)'),
  )

const resourceList = (): z.ZodObject<{
  cpu: z.ZodOptional<z.ZodType<string | number>>
  memory: z.ZodOptional<z.ZodType<string | number>>
}> =>
  z.strictObject({
    cpu: amount('cpu', 'CPU, in cores: `500m`, `2`.', { minimum: '50m', maximum: '512', example: '500m' }).optional(),
    memory: amount('memory', 'Memory, in bytes: `512Mi`, `4Gi`.', {
      minimum: '128Mi',
      maximum: '64Ti',
      example: '1Gi',
    }).optional(),
  })

interface ResourceList {
  cpu?: string | number | undefined
  memory?: string | number | undefined
}

const fits = (
  requests: ResourceList | undefined,
  limits: ResourceList | undefined,
  name: 'cpu' | 'memory',
): boolean => {
  const request = requests?.[name]
  const limit = limits?.[name]
  if (request === undefined || limit === undefined) return true
  return (parseQuantity(request) ?? 0n) <= (parseQuantity(limit) ?? 0n)
}

const requestWithinLimit = (
  name: 'cpu' | 'memory',
): Rule<{ requests?: ResourceList | undefined; limits?: ResourceList | undefined }> => ({
  cel: `!has(self.requests) || !has(self.limits) || !has(self.requests.${name}) || !has(self.limits.${name}) || !isQuantity(string(self.requests.${name})) || !isQuantity(string(self.limits.${name})) || quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
  message: `resources.requests.${name} must not exceed resources.limits.${name}`,
  holds: ({ requests, limits }) => fits(requests, limits, name),
})

/** Schema of `spec.resources`. */
export const resourcesSchema = withRules(
  z
    .strictObject({
      requests: resourceList()
        .optional()
        .describe('What the scheduler reserves. Default: the limits, or 500m and 512Mi.'),
      limits: resourceList()
        .optional()
        .describe('What the container may use at most. Default: the requests, so that the pod is Guaranteed.'),
    })
    .describe('CPU and memory of the PostgreSQL container. Memory settings follow from the memory limit.'),
  [requestWithinLimit('cpu'), requestWithinLimit('memory')],
)
