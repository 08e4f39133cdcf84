import { ROTATE_ANNOTATION } from '../api/group.ts'
import { needsRestart } from '../api/restart-parameters.ts'
import { BACKUP_ROWS } from './impact-of-backup.ts'
import { MONITORING_ROWS } from './impact-of-monitoring.ts'
import { contradictsImage, grows, isOtherMajor, isOtherVariant, isSameAmount, majorOf, mentions } from './impact-row.ts'
import type { ImpactRow } from './impact-row.ts'

const KIND = 'Database.database.example.com'

const resource = (field: string): ImpactRow[] => [
  { kind: KIND, field, when: isSameAmount, impact: 'none', because: 'it is the same amount in other words' },
  { kind: KIND, field, impact: 'restart', because: 'the pod is replaced by one with these resources' },
]

/** What a change of the Database resource does to the database that runs: every field of `spec` has its lines. */
export const DATABASE_ROWS: readonly ImpactRow[] = [
  {
    kind: KIND,
    field: `metadata.annotations["${ROTATE_ANNOTATION}"]`,
    impact: 'none',
    because: 'the role gets a new password without a restart; clients read it from the Secret when they connect anew',
  },
  { kind: KIND, field: 'metadata.**', impact: 'none', because: 'labels and annotations of the resource reach no pod' },
  {
    kind: KIND,
    field: 'spec.image',
    when: isOtherMajor,
    impact: 'refused',
    because: 'another major cannot use the data directory: it needs dump and restore',
  },
  {
    kind: KIND,
    field: 'spec.image',
    when: isOtherVariant,
    impact: 'refused',
    because: 'Debian and Alpine images run as different users: the server would not start on the data of the other',
  },
  { kind: KIND, field: 'spec.image', impact: 'restart', because: 'the pod is replaced by one of this image' },
  {
    kind: KIND,
    field: 'spec.postgresVersion',
    when: contradictsImage,
    impact: 'refused',
    because: 'another major cannot use the data directory: it needs dump and restore',
  },
  { kind: KIND, field: 'spec.postgresVersion', impact: 'none', because: 'it says what the image is, which stays' },
  {
    kind: KIND,
    field: 'spec.replicas',
    when: ({ before, after }) => (before ?? 1) === 1 || (after ?? 1) === 1,
    impact: 'reload',
    because: 'the primary begins or ends to let standbys in, without closing a connection',
  },
  { kind: KIND, field: 'spec.replicas', impact: 'none', because: 'standbys come or go; the primary goes on' },
  { kind: KIND, field: 'spec.databaseName', impact: 'refused', because: 'the data on the volume was created with it' },
  { kind: KIND, field: 'spec.username', impact: 'refused', because: 'the data on the volume was created with it' },
  {
    kind: KIND,
    field: 'spec.storage.size',
    when: isSameAmount,
    impact: 'none',
    because: 'it is the same amount in other words',
  },
  { kind: KIND, field: 'spec.storage.size', when: grows, impact: 'resize-online', because: 'the claim grows in place' },
  { kind: KIND, field: 'spec.storage.size', impact: 'refused', because: 'a volume can only grow' },
  { kind: KIND, field: 'spec.storage.layout', impact: 'refused', because: 'the data lies where it lies' },
  { kind: KIND, field: 'spec.storage.claimTemplate', impact: 'refused', because: 'the claim keeps its name' },
  { kind: KIND, field: 'spec.storage.storageClassName', impact: 'refused', because: 'a volume stays in its class' },
  ...resource('spec.resources.requests.cpu'),
  ...resource('spec.resources.requests.memory'),
  ...resource('spec.resources.limits.cpu'),
  ...resource('spec.resources.limits.memory'),
  {
    kind: KIND,
    field: 'spec.placement.**',
    impact: 'restart',
    because: 'the pod is replaced by one that is placed so: a pod that runs cannot be moved',
  },
  {
    kind: KIND,
    field: 'spec.parameters.*',
    when: ({ path }, { after }) => needsRestart(path.at(-1) ?? '', majorOf(after)),
    impact: 'restart',
    because: 'the server takes it over only when it starts',
  },
  {
    kind: KIND,
    field: 'spec.parameters.*',
    impact: 'reload',
    because: 'the server takes it over without closing a connection, as soon as the kubelet has delivered it',
  },
  {
    kind: KIND,
    field: 'spec.credentials.existingSecret.passwordKey',
    when: ({ before, after }) => (before ?? 'password') === (after ?? 'password'),
    impact: 'none',
    because: 'password is the default',
  },
  {
    kind: KIND,
    field: 'spec.credentials.**',
    impact: 'restart',
    because: 'the pod names the Secret; the password in the data directory stays what it was',
  },
  {
    kind: KIND,
    field: 'spec.tls.**',
    impact: 'restart',
    because: 'the pod mounts the Secret with the certificate; what is renewed inside it is taken over by a reload',
  },
  {
    kind: KIND,
    field: 'spec.network.**',
    impact: 'none',
    because: 'only the NetworkPolicy changes: who may connect from now on',
  },
  {
    kind: KIND,
    field: 'spec.handedOver.**',
    when: mentions('statefulSet.resources'),
    impact: 'restart',
    because: 'the resources leave the pod template or come back, unless the other manager has set the same',
  },
  {
    kind: KIND,
    field: 'spec.handedOver.**',
    impact: 'none',
    because:
      'fields outside of the pod template change their owner; one that nobody else owns falls back to its default',
  },
  ...BACKUP_ROWS,
  ...MONITORING_ROWS,
  { kind: KIND, field: 'spec.dependencies.**', impact: 'none', because: 'they are asked for before the pod is made' },
  {
    kind: KIND,
    field: 'spec.deletionPolicy',
    when: ({ after }) => after === 'Delete',
    impact: 'irreversible',
    because: 'the next deletion of the Database takes volumes and credentials with it',
  },
  {
    kind: KIND,
    field: 'spec.deletionPolicy',
    impact: 'none',
    because: 'volumes and credentials outlive the Database',
  },
  {
    kind: KIND,
    field: 'spec.deletionProtection',
    impact: 'none',
    because: 'it says who may delete the Database; the server goes on',
  },
  { kind: KIND, field: 'spec.paused', impact: 'none', because: 'the server goes on; only what is applied waits' },
]
