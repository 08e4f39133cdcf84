import { STANDBYS_FILE } from '../postgres/replication.ts'
import { METRICS_FILES } from '../postgres/metrics-role.ts'
import type { ChildContext } from './child-context.ts'
import { sharedMemoryQuantity } from './container-resources.ts'

/** Where volumes stand inside the containers. Everything below finds its paths in the environment. */
export const MOUNTS = {
  configuration: '/etc/postgresql',
  credentials: '/run/secrets/postgresql',
  replication: '/run/secrets/replication',
  certificate: '/run/secrets/postgresql-tls',
  sockets: '/var/run/postgresql',
  temporary: '/tmp',
  sharedMemory: '/dev/shm',
} as const

/** Mounts of both containers. The claim is mounted above the data directory, which keeps `lost+found` out of it. */
export function commonMounts({ names, layout }: ChildContext): object[] {
  return [
    { name: names.claimTemplate, mountPath: layout.mountPath },
    { name: 'configuration', mountPath: MOUNTS.configuration, readOnly: true },
    { name: 'sockets', mountPath: MOUNTS.sockets },
    { name: 'temporary', mountPath: MOUNTS.temporary },
    { name: 'shared-memory', mountPath: MOUNTS.sharedMemory },
  ]
}

/** The mount that only the bootstrap needs: the running server never sees the password. */
export function credentialsMount(): object {
  return { name: 'credentials', mountPath: MOUNTS.credentials, readOnly: true }
}

/** The mount of what primary and standbys know each other by. */
export function replicationMount(): object {
  return { name: 'replication', mountPath: MOUNTS.replication, readOnly: true }
}

const configurationVolume = ({ names, spec }: ChildContext, files: readonly string[]): object => {
  const all = [...files, ...(spec.monitoring === undefined ? [] : Object.values(METRICS_FILES))]
  return {
    name: 'configuration',
    configMap: { name: names.configMap, items: all.map((key) => ({ key, path: key })) },
  }
}

/**
 * A key of the Secret of the standbys. It need not be there: a primary without standbys has none, and one that gets its
 * first standby must not be restarted for it.
 */
const replicationVolume = ({ names }: ChildContext, key: 'password' | 'verifier'): object => ({
  name: 'replication',
  secret: {
    secretName: names.replicationSecret,
    optional: true,
    defaultMode: 0o440,
    items: [{ key, path: key }],
  },
})

const scratchVolumes = ({ spec }: ChildContext): object[] => [
  { name: 'sockets', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
  { name: 'temporary', emptyDir: { sizeLimit: '256Mi' } },
  { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemoryQuantity(spec) } },
]

/** Volumes of a standby's pod beside the claim: it gets the password by which it replicates, and no other. */
export function standbyVolumes(context: ChildContext): object[] {
  return [
    configurationVolume(context, ['clone.sh', 'pg_hba.conf', 'postgresql.conf', 'start.sh']),
    replicationVolume(context, 'password'),
    ...certificateVolumes(context),
    ...scratchVolumes(context),
  ]
}

/**
 * The certificate and its key, for the server alone. The directory is mounted, so that a renewed certificate arrives.
 *
 * The kubelet lets the group of the volumes read the files, which are root's: PostgreSQL allows just that for a key.
 * @see https://www.postgresql.org/docs/current/ssl-tcp.html#SSL-SETUP
 */
export function certificateMounts({ spec }: ChildContext): object[] {
  return spec.tls === undefined ? [] : [{ name: 'certificate', mountPath: MOUNTS.certificate, readOnly: true }]
}

function certificateVolumes({ spec }: ChildContext): object[] {
  if (spec.tls === undefined) return []
  const items = ['tls.crt', 'tls.key'].map((key) => ({ key, path: key }))
  return [{ name: 'certificate', secret: { secretName: spec.tls.secretName, defaultMode: 0o400, items } }]
}

/** Volumes of the primary's pod beside the claim. Of the password of the standbys it gets what proves it, not itself. */
export function podVolumes(context: ChildContext): object[] {
  const { spec, names } = context
  const existing = spec.credentials?.existingSecret
  return [
    configurationVolume(context, ['bootstrap.sh', 'pg_hba.conf', 'postgresql.conf', STANDBYS_FILE, 'start.sh']),
    replicationVolume(context, 'verifier'),
    {
      name: 'credentials',
      projected: {
        defaultMode: 0o440,
        sources: [
          {
            secret: {
              name: existing?.name ?? names.credentialsSecret,
              items: [{ key: existing?.passwordKey ?? 'password', path: 'password' }],
            },
          },
          {
            configMap: {
              name: names.configMap,
              items: ['database', 'username'].map((key) => ({ key, path: key })),
            },
          },
        ],
      },
    },
    ...certificateVolumes(context),
    ...scratchVolumes(context),
  ]
}
