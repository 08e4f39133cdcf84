import type { ChildContext } from './child-context.ts'
import { sharedMemoryQuantity } from './container-resources.ts'

/** Where volumes stand inside the containers. Everything below finds its paths in the environment. */
export const MOUNTS = {
  configuration: '/etc/postgresql',
  credentials: '/run/secrets/postgresql',
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

/** Volumes of the pod beside the claim. */
export function podVolumes({ spec, names }: ChildContext): object[] {
  const existing = spec.credentials?.existingSecret
  return [
    {
      name: 'configuration',
      configMap: {
        name: names.configMap,
        items: ['bootstrap.sh', 'pg_hba.conf', 'postgresql.conf', 'start.sh'].map((key) => ({ key, path: key })),
      },
    },
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
    { name: 'sockets', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    { name: 'temporary', emptyDir: { sizeLimit: '256Mi' } },
    { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemoryQuantity(spec) } },
  ]
}
