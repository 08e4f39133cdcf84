import type { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { STANDBY_LABELS } from '../api/labels.ts'
import type { ChildContext } from './child-context.ts'
import { cloneContainer, standbyContainer } from './containers.ts'
import { workload } from './stateful-set.ts'
import { standbyVolumes } from './volumes.ts'

/**
 * The StatefulSet of the standbys, beside that of the primary: a Service can only choose pods by labels that they have,
 * and pods of one StatefulSet all have the same. Their numbers begin with 1, so that the primary's is nobody else's.
 * @see docs/adr for why it is a second one
 */
export function standbyStatefulSet(scope: Construct, context: ChildContext): ApiObject {
  const selector = { ...context.selector, ...STANDBY_LABELS }
  return workload(scope, 'StandbyStatefulSet', context, {
    name: context.names.standbyStatefulSet,
    replicas: context.spec.replicas - 1,
    firstOrdinal: 1,
    selector,
    podLabels: selector,
    initContainers: [cloneContainer(context)],
    containers: [standbyContainer(context)],
    volumes: standbyVolumes(context),
  })
}
