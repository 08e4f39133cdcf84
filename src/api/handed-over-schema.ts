import * as z from 'zod'
import { HANDED_OVER_FIELDS } from './handed-over.ts'
import { withRules } from './rule.ts'

/** Schema of `spec.handedOver`. */
export const handedOverSchema = withRules(
  z
    .array(z.enum(HANDED_OVER_FIELDS))
    .max(HANDED_OVER_FIELDS.length)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(
      'Fields of the children that are left out of them, so that another manager owns them: an autoscaler, a network operator. The other manager must set them first; see docs/runbooks/hand-over.md. `statefulSet.replicas`: whether the pod runs. `statefulSet.resources`: CPU and memory of the container `postgres`. `service.type`: how the Service is published. `networkPolicy.ingress`: who may connect.',
    ),
  [
    {
      cel: 'self.all(one, self.exists_one(other, other == one))',
      message: 'handedOver must name each field once',
      holds: (fields) => new Set(fields).size === fields.length,
    },
  ],
)
