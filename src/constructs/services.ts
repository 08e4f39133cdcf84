import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { POSTGRES_PORT } from '../api/group.ts'
import { isHandedOver } from '../api/handed-over.ts'
import { STANDBY_LABELS } from '../api/labels.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'

const port = {
  name: 'postgresql',
  port: POSTGRES_PORT,
  protocol: 'TCP',
  targetPort: k8s.IntOrString.fromNumber(POSTGRES_PORT),
}

/** Service of the primary: the pod with ordinal 0. This is the endpoint that clients use. */
export function primaryService(scope: Construct, context: ChildContext): k8s.KubeService {
  return new k8s.KubeService(scope, 'Service', {
    metadata: childMetadata(context, context.names.service),
    spec: {
      ...(isHandedOver(context.spec, 'service.type') ? {} : { type: 'ClusterIP' }),
      selector: { ...context.selector, 'apps.kubernetes.io/pod-index': '0' },
      ports: [port],
    },
  })
}

/** Service of the standbys, for readers who can do with data that is a moment old. The primary is not behind it. */
export function readService(scope: Construct, context: ChildContext): k8s.KubeService {
  return new k8s.KubeService(scope, 'ReadService', {
    metadata: childMetadata(context, context.names.readService),
    spec: { type: 'ClusterIP', selector: { ...context.selector, ...STANDBY_LABELS }, ports: [port] },
  })
}

/** Headless Service that names every pod, also while it is not ready: replication and recovery need the name then. */
export function podService(scope: Construct, context: ChildContext): k8s.KubeService {
  return new k8s.KubeService(scope, 'PodService', {
    metadata: childMetadata(context, context.names.podService),
    spec: {
      clusterIp: 'None',
      publishNotReadyAddresses: true,
      type: 'ClusterIP',
      selector: { ...context.selector },
      ports: [port],
    },
  })
}
