import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { RESTART_HASH_ANNOTATION } from '../api/group.ts'
import { isHandedOver } from '../api/handed-over.ts'
import type { Labels } from '../api/labels.ts'
import { KEPT_BY_ARGO_CD } from '../api/protection.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'
import { restartHash } from './configuration-map.ts'
import { storageQuantity } from './container-resources.ts'
import { bootstrapContainer, postgresContainer } from './containers.ts'
import { exporterContainer } from './exporter.ts'
import { podPlacement } from './placement.ts'
import { podVolumes } from './volumes.ts'

/** Seconds that a shutdown may take before the pod is killed: the shutdown checkpoint writes what is still in memory. */
const TERMINATION_GRACE_SECONDS = 300

/**
 * The StatefulSet of the primary. A plain `ApiObject`: the typed model would drop `apiVersion` and `kind` of the claim template, which
 * Argo CD compares.
 *
 * - `Parallel`, because with `OrderedReady` a pod that hangs on a bad image is never replaced.
 * - Claims are retained whatever happens to the StatefulSet: only a person deletes data.
 * @see https://github.com/kubernetes/kubernetes/issues/67250
 * @see https://github.com/argoproj/argo-cd/issues/11143
 */
export function statefulSet(scope: Construct, context: ChildContext): ApiObject {
  const { names, selector } = context
  return workload(scope, 'StatefulSet', context, {
    name: names.statefulSet,
    replicas: 1,
    selector,
    podLabels: { ...selector, 'app.kubernetes.io/component': 'database' },
    initContainers: [bootstrapContainer(context)],
    containers: [postgresContainer(context)],
    volumes: podVolumes(context),
  })
}

/** What differs between the StatefulSet of the primary and that of the standbys. */
export interface Workload {
  readonly name: string
  readonly replicas: number
  /** Number of the first pod. @default 0 */
  readonly firstOrdinal?: number
  readonly selector: Labels
  readonly podLabels: Labels
  readonly initContainers: readonly object[]
  readonly containers: readonly object[]
  readonly volumes: readonly object[]
}

/** A StatefulSet of this database's servers. */
export function workload(
  scope: Construct,
  id: string,
  context: ChildContext,
  { name, replicas, firstOrdinal, selector, podLabels, initContainers, containers, volumes }: Workload,
): ApiObject {
  const { spec, names, image } = context
  return new ApiObject(scope, id, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: childMetadata(context, name),
    spec: {
      ...(isHandedOver(spec, 'statefulSet.replicas') ? {} : { replicas }),
      ...(firstOrdinal === undefined ? {} : { ordinals: { start: firstOrdinal } }),
      serviceName: names.podService,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: { ...selector } },
      template: {
        metadata: {
          labels: { ...podLabels },
          annotations: { [RESTART_HASH_ANNOTATION]: restartHash(context) },
        },
        spec: {
          serviceAccountName: names.serviceAccount,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
          ...podPlacement(context),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: image.uid,
            runAsGroup: image.gid,
            fsGroup: image.gid,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          initContainers,
          containers: [...containers, ...(spec.monitoring === undefined ? [] : [exporterContainer(context)])],
          volumes,
        },
      },
      volumeClaimTemplates: [claimTemplate(context)],
    },
  })
}

/**
 * The claim template, written out as the server stores it, `status` included: the list is one field to server-side
 * apply, so a single default that is not written makes it conflict with itself once two tools apply it. It is immutable,
 * so it carries nothing that a later version might want to change: the labels that choose the pods, and one annotation.
 * An Argo CD that tracks by the label `app.kubernetes.io/instance` takes the claims for members of an application of the
 * database's name, and prunes them once no StatefulSet stands above them. A legacy template is as somebody wrote it.
 */
function claimTemplate({ spec, names, selector }: ChildContext): object {
  const { storageClassName } = spec.storage
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: names.claimTemplate,
      labels: { ...selector },
      ...(spec.storage.layout === 'legacy' ? {} : { annotations: { ...KEPT_BY_ARGO_CD } }),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      ...(storageClassName === undefined ? {} : { storageClassName }),
      resources: { requests: { storage: storageQuantity(spec) } },
    },
    status: { phase: 'Pending' },
  }
}
