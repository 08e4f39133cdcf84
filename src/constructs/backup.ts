import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { k8s } from 'cdk8s-plus-28'
import { DEFAULT_DUMPS } from '../api/backup-schema.ts'
import { CLIENT_OF_LABEL, POSTGRES_PORT } from '../api/group.ts'
import { backupLabels, backupSelectorLabels } from '../api/labels.ts'
import { serviceHost } from '../api/names.ts'
import { HEALTH_IGNORED, KEPT } from '../api/protection.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'
import { clientEncryption } from './client-encryption.ts'
import { asStored, filledResources } from './container-resources.ts'
import { securityContext } from './containers.ts'
import { nodePlacement } from './placement.ts'
import { MOUNTS } from './volumes.ts'

/** What makes dumps. */
export interface DatabaseBackupChildren {
  /** The volume with the dumps; it outlives everything else. */
  readonly claim: ApiObject
  readonly networkPolicy: ApiObject
  readonly cronJob: ApiObject
}

/** Where the dumps are inside the container. */
const DUMPS = '/backups'

/** A run that is late by this many seconds is left out: the next one is not far. */
const STARTING_DEADLINE_SECONDS = 3600

/** Seconds after which a dump is given up, retries included. What takes longer is no case for pg_dump. */
const RUN_SECONDS = 12 * 3600

const DEFAULT_RESOURCES = {
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { cpu: '1', memory: '256Mi' },
} as const

/** Adds what makes dumps: the volume and the policy stand before the CronJob. */
export function backupChildren(scope: Construct, context: ChildContext): DatabaseBackupChildren {
  return {
    claim: backupClaim(scope, context),
    networkPolicy: backupNetworkPolicy(scope, context),
    cronJob: backupCronJob(scope, context),
  }
}

function metadataOf(context: ChildContext): ReturnType<typeof childMetadata> {
  return { ...childMetadata(context, context.names.backup), labels: { ...backupLabels(context.name) } }
}

/** The volume with the dumps. Nobody who removes it from Git, and nobody who deletes the Database, deletes it. */
function backupClaim(scope: Construct, context: ChildContext): ApiObject {
  const { size, storageClassName } = context.spec.backup?.storage ?? { size: '' }
  return new ApiObject(scope, 'BackupClaim', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...metadataOf(context), annotations: { ...KEPT, ...HEALTH_IGNORED } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      ...(storageClassName === undefined ? {} : { storageClassName }),
      resources: { requests: { storage: asStored(size) } },
    },
  })
}

/** Nobody comes in. Out goes the connection to the database, and the question for its address. */
function backupNetworkPolicy(scope: Construct, context: ChildContext): ApiObject {
  const port = (number: number, protocol: string): k8s.NetworkPolicyPort => ({
    port: k8s.IntOrString.fromNumber(number),
    protocol,
  })
  return new k8s.KubeNetworkPolicy(scope, 'BackupNetworkPolicy', {
    metadata: metadataOf(context),
    spec: {
      podSelector: { matchLabels: { ...backupSelectorLabels(context.name) } },
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        { to: [{ podSelector: { matchLabels: { ...context.selector } } }], ports: [port(POSTGRES_PORT, 'TCP')] },
        // Who answers for names differs between clusters: a Service, the node, an address outside.
        { ports: [port(53, 'UDP'), port(53, 'TCP')] },
      ],
    },
  })
}

/**
 * The CronJob, one run at a time, as the application role through the Service: it holds no right that the role has not.
 *
 * - A failed pod is tried twice again, then the Job has failed, which the status of the Database says.
 * - The pod carries the client label of the database, so that its NetworkPolicy lets it in.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
function backupCronJob(scope: Construct, context: ChildContext): ApiObject {
  const { backup } = context.spec
  const labels = { ...backupSelectorLabels(context.name), 'app.kubernetes.io/component': 'backup' }
  return new ApiObject(scope, 'BackupCronJob', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOf(context),
    spec: {
      schedule: backup?.schedule,
      timeZone: backup?.timeZone ?? 'Etc/UTC',
      suspend: backup?.suspend ?? false,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 2,
          activeDeadlineSeconds: RUN_SECONDS,
          template: {
            metadata: { labels: { ...labels, [CLIENT_OF_LABEL]: context.name } },
            spec: podSpec(context),
          },
        },
      },
    },
  })
}

function podSpec(context: ChildContext): object {
  const { names, image, spec } = context
  return {
    restartPolicy: 'Never',
    serviceAccountName: names.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...nodePlacement(context),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: image.uid,
      runAsGroup: image.gid,
      fsGroup: image.gid,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'backup',
        image: spec.image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '$(PGCONF)/backup.sh'],
        env: environment(context),
        resources: filledResources(spec.backup?.resources ?? {}, DEFAULT_RESOURCES),
        securityContext,
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'backups', mountPath: DUMPS },
          { name: 'configuration', mountPath: MOUNTS.configuration, readOnly: true },
          { name: 'credentials', mountPath: MOUNTS.credentials, readOnly: true },
          { name: 'temporary', mountPath: MOUNTS.temporary },
        ],
      },
    ],
    volumes: volumes(context),
  }
}

function environment(context: ChildContext): { name: string; value: string }[] {
  const { name, namespace, spec, image } = context
  const { count, days } = spec.backup?.retention ?? { count: DEFAULT_DUMPS }
  const keep = (variable: string, value: number | undefined): { name: string; value: string }[] =>
    value === undefined ? [] : [{ name: variable, value: String(value) }]
  return [
    { name: 'PGHOST', value: serviceHost(name, namespace) },
    { name: 'PGPORT', value: String(POSTGRES_PORT) },
    { name: 'PGDATABASE', value: spec.databaseName },
    { name: 'PGUSER', value: spec.username },
    { name: 'PGAPPNAME', value: 'backup' },
    ...clientEncryption(context),
    { name: 'PGCONNECT_TIMEOUT', value: '30' },
    { name: 'PGMAJOR', value: image.major },
    { name: 'PGCONF', value: MOUNTS.configuration },
    { name: 'PGSECRET', value: MOUNTS.credentials },
    { name: 'BACKUP_DIRECTORY', value: DUMPS },
    ...keep('BACKUP_COUNT', count),
    ...keep('BACKUP_DAYS', days),
    { name: 'TMPDIR', value: MOUNTS.temporary },
    { name: 'TERMINATION_LOG', value: '/dev/termination-log' },
  ]
}

function volumes({ names, spec }: ChildContext): object[] {
  const existing = spec.credentials?.existingSecret
  return [
    { name: 'backups', persistentVolumeClaim: { claimName: names.backup } },
    { name: 'configuration', configMap: { name: names.configMap, items: [{ key: 'backup.sh', path: 'backup.sh' }] } },
    {
      name: 'credentials',
      secret: {
        secretName: existing?.name ?? names.credentialsSecret,
        defaultMode: 0o440,
        items: [{ key: existing?.passwordKey ?? 'password', path: 'password' }],
      },
    },
    { name: 'temporary', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
  ]
}
