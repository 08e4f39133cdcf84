import { isReloaded, restartText } from '../api/restart-configuration.ts'
import { BACKUP_CHILD_ROWS } from './impact-of-backup.ts'
import { MONITORING_CHILD_ROWS } from './impact-of-monitoring.ts'
import { grows, isSameAmount } from './impact-row.ts'
import type { ChangedField, ImpactRow } from './impact-row.ts'

const CLAIM = 'PersistentVolumeClaim'
const CLAIM_SIZE = 'spec.resources.requests.storage'
const ROLE_BINDING = 'RoleBinding.rbac.authorization.k8s.io'
const DEFINITION = 'CustomResourceDefinition.apiextensions.k8s.io'

const metadata = (kind: string): ImpactRow => ({
  kind,
  field: 'metadata.**',
  impact: 'none',
  because: 'labels and annotations of the object itself reach no pod',
})

const fileOf = ({ path }: ChangedField): string => path.at(-1) ?? ''

/** Whether a file of the ConfigMap changes in what the hash on the pod template is made from. */
function restarts(change: ChangedField): boolean {
  const relevant = (text: unknown): string => restartText(typeof text === 'string' ? text : '')
  return fileOf(change) === 'postgresql.conf' && relevant(change.before) !== relevant(change.after)
}

/** What changes of the other objects of a database do. None of them replaces a pod by itself. */
export const CHILD_ROWS: readonly ImpactRow[] = [
  metadata('ConfigMap'),
  {
    kind: 'ConfigMap',
    field: 'data.*',
    when: restarts,
    impact: 'restart',
    because: 'the server takes it over only when it starts, so its hash on the pod template replaces the pod',
  },
  {
    kind: 'ConfigMap',
    field: 'data.*',
    when: (change) => isReloaded(fileOf(change)),
    impact: 'reload',
    because: 'the server takes it over as soon as the kubelet has delivered it',
  },
  { kind: 'ConfigMap', field: 'data.*', impact: 'none', because: 'it is read when the pod starts the next time' },
  { kind: 'ConfigMap', field: 'binaryData.**', impact: 'none', because: 'the pod mounts none of it' },
  { kind: 'ConfigMap', field: 'immutable', impact: 'none', because: 'it matters to the next change' },

  metadata('Service'),
  {
    kind: 'Service',
    field: 'spec.selector.**',
    impact: 'none',
    because: 'the pod goes on, but clients are led to other pods',
  },
  {
    kind: 'Service',
    field: 'spec.ports.**',
    impact: 'none',
    because: 'the pod goes on, but clients need another port',
  },
  { kind: 'Service', field: 'spec.clusterIP', impact: 'refused', because: 'the address of a Service is immutable' },
  { kind: 'Service', field: 'spec.clusterIPs.**', impact: 'refused', because: 'the address of a Service is immutable' },
  { kind: 'Service', field: 'spec.**', impact: 'none', because: 'a Service leads to the pod and does not touch it' },

  metadata('Secret'),
  {
    kind: 'Secret',
    field: 'data.password',
    impact: 'none',
    because:
      'no pod restarts: the next apply gives the role that password, and until then clients cannot log in with it',
  },
  {
    kind: 'Secret',
    field: 'data.**',
    impact: 'none',
    because: 'the server never reads it; clients read it when they start',
  },
  {
    kind: 'Secret',
    field: 'stringData.**',
    impact: 'none',
    because: 'the server never reads it; clients read it when they start',
  },
  { kind: 'Secret', field: 'type', impact: 'refused', because: 'the type of a Secret is immutable' },
  { kind: 'Secret', field: 'immutable', impact: 'none', because: 'it matters to the next change' },

  metadata('NetworkPolicy.networking.k8s.io'),
  {
    kind: 'NetworkPolicy.networking.k8s.io',
    field: 'spec.**',
    impact: 'none',
    because: 'it says who may connect from now on; the pod is not touched',
  },

  metadata('PodDisruptionBudget.policy'),
  {
    kind: 'PodDisruptionBudget.policy',
    field: 'spec.**',
    impact: 'none',
    because: 'it says how many pods a drain may take at once; the pods are not touched',
  },

  metadata('ServiceAccount'),
  {
    kind: 'ServiceAccount',
    field: 'automountServiceAccountToken',
    impact: 'none',
    because: 'the pod says itself that it has no token',
  },
  { kind: 'ServiceAccount', field: 'secrets.**', impact: 'none', because: 'the server talks to no API server' },
  { kind: 'ServiceAccount', field: 'imagePullSecrets.**', impact: 'none', because: 'it matters to the next pod' },

  metadata('Role.rbac.authorization.k8s.io'),
  {
    kind: 'Role.rbac.authorization.k8s.io',
    field: 'rules.**',
    impact: 'none',
    because: 'the server talks to no API server',
  },

  metadata(ROLE_BINDING),
  {
    kind: ROLE_BINDING,
    field: 'roleRef.**',
    impact: 'none',
    because: 'the binding is created again, which takes --recreate; no pod uses it',
  },
  { kind: ROLE_BINDING, field: 'subjects.**', impact: 'none', because: 'the server talks to no API server' },

  metadata(CLAIM),
  {
    kind: CLAIM,
    field: CLAIM_SIZE,
    when: isSameAmount,
    impact: 'none',
    because: 'it is the same amount in other words',
  },
  { kind: CLAIM, field: CLAIM_SIZE, when: grows, impact: 'resize-online', because: 'the volume grows in place' },
  { kind: CLAIM, field: CLAIM_SIZE, impact: 'refused', because: 'a volume can only grow' },
  ...['accessModes.**', 'storageClassName', 'volumeMode', 'volumeName', 'selector.**', 'dataSource.**'].map(
    (field): ImpactRow => ({
      kind: CLAIM,
      field: `spec.${field}`,
      impact: 'refused',
      because: 'a claim keeps its volume as it was made',
    }),
  ),

  ...BACKUP_CHILD_ROWS,
  ...MONITORING_CHILD_ROWS,

  metadata(DEFINITION),
  {
    kind: DEFINITION,
    field: 'spec.**',
    impact: 'none',
    because: 'databases that run are judged by it when they are written the next time',
  },

  {
    kind: 'Namespace',
    field: 'metadata.**',
    impact: 'none',
    because: 'its labels are asked when the next pod is made',
  },
]
