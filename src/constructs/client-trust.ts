import { ConfigMap, Secret, Volume } from 'cdk8s-plus-28'
import type { AbstractPod, Container, k8s } from 'cdk8s-plus-28'
import { AUTHORITY_KEY } from '../api/group.ts'
import { authorityDirectory, authorityFile } from '../api/names.ts'

/**
 * Where a client has the authorities from that sign the server's certificate:
 *
 * - `secret`: key `ca.crt` of the Secret with the certificate, which cert-manager writes for authorities of its own; that
 *   key alone reaches the client, never the server's key. A pod waits where the Secret has none.
 * - `system`: those that everybody trusts, for a certificate of a public authority. libpq knows them from 16 on.
 * - a ConfigMap of the client's namespace, as trust-manager makes it: a bundle outlives an authority that is replaced,
 *   and it is there in every namespace.
 */
export type CertificateAuthority =
  | 'secret'
  | 'system'
  | {
      readonly configMap: string
      /** @default 'ca.crt' */
      readonly key?: string
    }

/** Everybody may read a certificate; a container need not run as any user. */
const FILE_MODE = 0o444

/** How a client of an encrypted database knows that it is the right one that answers. */
export interface ClientTrust {
  /** Value of libpq's `sslrootcert`. */
  readonly rootCertificate: string
  /** For the `volumes` of its pod, and the `volumeMounts` of its containers: none where everybody has the authorities. */
  readonly volumes: readonly k8s.Volume[]
  readonly volumeMounts: readonly k8s.VolumeMount[]
  /** Adds the same to a workload of cdk8s-plus. */
  readonly mountIn: (workload: AbstractPod, containers: readonly Container[]) => void
}

/** @param name of the Database; @param secretName of the Secret with its certificate */
export function clientTrust(name: string, secretName: string, authority: CertificateAuthority): ClientTrust {
  if (authority === 'system')
    return { rootCertificate: 'system', volumes: [], volumeMounts: [], mountIn: () => undefined }
  const isMap = typeof authority === 'object'
  const key = isMap ? (authority.key ?? AUTHORITY_KEY) : AUTHORITY_KEY
  const volumeName = `authorities-${name}`
  const mountPath = authorityDirectory(name)
  const common = { defaultMode: FILE_MODE, items: [{ key, path: AUTHORITY_KEY }] }
  return {
    rootCertificate: authorityFile(name),
    volumes: [
      isMap
        ? { name: volumeName, configMap: { name: authority.configMap, ...common } }
        : { name: volumeName, secret: { secretName, ...common } },
    ],
    volumeMounts: [{ name: volumeName, mountPath, readOnly: true }],
    mountIn: (workload, containers) => {
      const id = `Authorities of ${name}`
      const options = { name: volumeName, defaultMode: FILE_MODE, items: { [key]: { path: AUTHORITY_KEY } } }
      const made = (): Volume =>
        isMap
          ? Volume.fromConfigMap(
              workload,
              id,
              ConfigMap.fromConfigMapName(workload, `${id}, map`, authority.configMap),
              options,
            )
          : Volume.fromSecret(workload, id, Secret.fromSecretName(workload, `${id}, secret`, secretName), options)
      const volume = (workload.node.tryFindChild(id) as Volume | undefined) ?? made()
      for (const container of containers) {
        if (!container.mounts.some(({ path }) => path === mountPath))
          container.mount(mountPath, volume, { readOnly: true })
      }
    },
  }
}
