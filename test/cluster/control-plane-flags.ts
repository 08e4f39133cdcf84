/** The flags of each program. What is not said here is upstream's default, on purpose. */
import type { AuditLevel, ControlPlanePaths } from './control-plane-files.ts'

/**
 * etcd listens on Unix sockets only: no port to clash with, and nobody else on the machine reaches it.
 *
 * The advertised addresses are never dialled, a cluster of one has no peers; etcd insists on `host:port` in them.
 */
export function etcdFlags(paths: ControlPlanePaths): readonly string[] {
  return [
    '--name=throwaway',
    `--data-dir=${paths.etcdData}`,
    `--listen-client-urls=unix://${paths.etcdSocket}`,
    '--advertise-client-urls=unix://client:0',
    '--listen-peer-urls=unix://peer:0',
    '--initial-advertise-peer-urls=unix://peer:0',
    '--initial-cluster=throwaway=unix://peer:0',
    // The data is thrown away with the directory: nothing has to survive a power cut.
    '--unsafe-no-fsync',
    '--quota-backend-bytes=4294967296',
    // A single member elects itself after one election timeout: the default of a second would be a third of the start.
    '--heartbeat-interval=20',
    '--election-timeout=200',
    '--log-level=warn',
  ]
}

/** kube-apiserver on 127.0.0.1:`port`. */
export function apiServerFlags(
  paths: ControlPlanePaths,
  port: number,
  audit: AuditLevel | undefined,
): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    // A loopback address is not allowed in Endpoints; nobody reaches the server through its Service.
    '--endpoint-reconciler-type=none',
    // Without it a watch that a client does not close holds up the end for a minute.
    '--shutdown-watch-termination-grace-period=1s',
    `--etcd-servers=unix://${paths.etcdSocket}`,
    `--tls-cert-file=${paths.serverCertificate}`,
    `--tls-private-key-file=${paths.serverKey}`,
    `--client-ca-file=${paths.certificateAuthority}`,
    `--token-auth-file=${paths.tokens}`,
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${paths.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${paths.serviceAccountKey}`,
    // A /24 is full after 250 Services.
    '--service-cluster-ip-range=10.0.0.0/12',
    // No certificate authority for kubelets: the local node serves a self-signed certificate, as kubelets do.
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${paths.kubeletClientCertificate}`,
    `--kubelet-client-key=${paths.kubeletClientKey}`,
    ...(audit === undefined
      ? []
      : [
          `--audit-policy-file=${paths.auditPolicy}`,
          `--audit-log-path=${paths.auditLog}`,
          // The event is in the file before the request ends: whoever has the reply can count it.
          '--audit-log-mode=blocking',
          '--audit-log-maxsize=0',
        ]),
  ]
}

/** Controllers that look after machines and clouds, of which there are none. */
const absentControllers = [
  'node-lifecycle-controller',
  'node-ipam-controller',
  'node-route-controller',
  'cloud-node-lifecycle-controller',
  'service-lb-controller',
  'persistentvolume-attach-detach-controller',
  'horizontal-pod-autoscaler-controller',
]

/** kube-controller-manager, with limits that do not measure themselves. */
export function controllerManagerFlags(paths: ControlPlanePaths): readonly string[] {
  return [
    `--kubeconfig=${paths.controllerManagerKubeconfig}`,
    // No port of its own.
    '--secure-port=0',
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${paths.serviceAccountKey}`,
    `--root-ca-file=${paths.certificateAuthority}`,
    `--controllers=*,${absentControllers.map((controller) => `-${controller}`).join(',')}`,
    // With the defaults (20, 30, 5) the StatefulSet controller makes 3.4 databases a second, and every benchmark
    // measures that.
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--concurrent-statefulset-syncs=20',
  ]
}
