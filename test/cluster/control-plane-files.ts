/** The files that a control plane reads: keys, certificates, tokens, kubeconfigs, the audit policy. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createCertificateAuthority, createSigningKey, issueCertificate } from './certificate.ts'
import type { CertificateWithKey } from './certificate.ts'

/** How much of each request the audit log keeps: who asked for what, or what they sent, too. */
export type AuditLevel = 'Metadata' | 'Request'

/** What the files of one cluster were made of. */
export interface ControlPlaneSecrets {
  readonly certificateAuthority: string
  readonly adminToken: string
  readonly controllerManagerToken: string
  readonly clientCertificate: CertificateWithKey
}

/** Credentials of a kubeconfig's user. */
export type KubeconfigUser = { readonly token: string } | CertificateWithKey

/** Absolute paths of a control plane's files. */
export interface ControlPlanePaths {
  readonly certificateAuthority: string
  readonly serverCertificate: string
  readonly serverKey: string
  readonly kubeletClientCertificate: string
  readonly kubeletClientKey: string
  readonly serviceAccountKey: string
  readonly serviceAccountPublicKey: string
  readonly tokens: string
  readonly auditPolicy: string
  readonly auditLog: string
  readonly etcdData: string
  readonly etcdSocket: string
  readonly supervisorSocket: string
  readonly kubeconfig: string
  readonly clientCertificateKubeconfig: string
  readonly controllerManagerKubeconfig: string
  readonly facts: string
  readonly processes: string
}

/** Where each file lies in `directory`. */
export function controlPlanePaths(directory: string): ControlPlanePaths {
  const at = (name: string): string => join(directory, name)
  return {
    certificateAuthority: at('ca.crt'),
    serverCertificate: at('kube-apiserver.crt'),
    serverKey: at('kube-apiserver.key'),
    kubeletClientCertificate: at('kubelet-client.crt'),
    kubeletClientKey: at('kubelet-client.key'),
    serviceAccountKey: at('service-account.key'),
    serviceAccountPublicKey: at('service-account.pub'),
    tokens: at('tokens.csv'),
    auditPolicy: at('audit-policy.yaml'),
    auditLog: at('audit.log'),
    etcdData: at('etcd'),
    etcdSocket: at('etcd.sock'),
    supervisorSocket: at('supervisor.sock'),
    kubeconfig: at('kubeconfig'),
    clientCertificateKubeconfig: at('client-certificate.kubeconfig'),
    controllerManagerKubeconfig: at('kube-controller-manager.kubeconfig'),
    facts: at('cluster.json'),
    processes: at('processes.json'),
  }
}

/** Writes everything that does not depend on the API server's port. */
export async function writeSecrets(directory: string, audit: AuditLevel | undefined): Promise<ControlPlaneSecrets> {
  const paths = controlPlanePaths(directory)
  const authority = createCertificateAuthority('throwaway')
  const server = issueCertificate(authority, {
    commonName: 'kube-apiserver',
    hosts: ['127.0.0.1', '::1', '10.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
  })
  const kubeletClient = issueCertificate(authority, {
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['kubeadm:cluster-admins'],
  })
  const clientCertificate = issueCertificate(authority, {
    commonName: 'certificate-admin',
    organizations: ['system:masters'],
  })
  const signingKey = createSigningKey()
  const adminToken = randomBytes(24).toString('base64url')
  const controllerManagerToken = randomBytes(24).toString('base64url')
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    // One event for each request, when it is over.
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [
      // What the control plane asks of itself is counted, but its bodies would drown those of everybody else.
      { level: 'Metadata', userGroups: ['system:serviceaccounts:kube-system'] },
      { level: 'Metadata', users: ['system:apiserver', 'system:kube-controller-manager'] },
      { level: audit ?? 'None' },
    ],
  }
  const files: readonly (readonly [string, string])[] = [
    [paths.certificateAuthority, authority.certificate],
    [paths.serverCertificate, server.certificate],
    [paths.serverKey, server.key],
    [paths.kubeletClientCertificate, kubeletClient.certificate],
    [paths.kubeletClientKey, kubeletClient.key],
    [paths.serviceAccountKey, signingKey.privateKey],
    [paths.serviceAccountPublicKey, signingKey.publicKey],
    [paths.auditPolicy, stringify(policy)],
    [
      paths.tokens,
      `${adminToken},admin,admin,"system:masters"\n` +
        `${controllerManagerToken},system:kube-controller-manager,kube-controller-manager\n`,
    ],
  ]
  await Promise.all(files.map(([file, text]) => writeFile(file, text, { mode: 0o600 })))
  return { certificateAuthority: authority.certificate, adminToken, controllerManagerToken, clientCertificate }
}

/** A kubeconfig with one context, named `throwaway`. */
export function kubeconfig(
  server: string,
  certificateAuthority: string,
  user: KubeconfigUser,
  namespace = 'default',
): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const credentials =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) }
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'throwaway',
      clusters: [
        { name: 'throwaway', cluster: { server, 'certificate-authority-data': base64(certificateAuthority) } },
      ],
      users: [{ name: 'throwaway', user: credentials }],
      contexts: [{ name: 'throwaway', context: { cluster: 'throwaway', user: 'throwaway', namespace } }],
    },
    { lineWidth: 0 },
  )
}
