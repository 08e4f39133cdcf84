/** Pods, each with one thing that Pod Security may have something against. */
import type { KubernetesObject } from '../../src/api/object.ts'

/** A pod that keeps to the restricted standard. */
export const GOOD_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', namespace: 'shop' },
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [container('first')],
    containers: [container('main'), container('beside')],
  },
} as const

function container(name: string): object {
  return {
    name,
    image: 'postgres:18.4-trixie',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
}

type Change = Readonly<Record<string, unknown>>

/** One pod, by what is changed of the good one. */
export interface PodCase {
  readonly title: string
  readonly pod: KubernetesObject
  readonly isAllowed: boolean
  /** The field that is named where it is not allowed. */
  readonly path?: string
}

const podWith = (change: (pod: MutablePod) => void): KubernetesObject => {
  const pod = structuredClone(GOOD_POD) as unknown as MutablePod
  change(pod)
  return pod as unknown as KubernetesObject
}

interface MutablePod {
  metadata: Record<string, unknown>
  spec: Record<string, unknown> & {
    securityContext: Record<string, unknown>
    initContainers: MutableContainer[]
    containers: MutableContainer[]
  }
}

type MutableContainer = Record<string, unknown> & { securityContext: Record<string, unknown> }

const inSpec = (title: string, change: Change, path?: string): PodCase => ({
  title,
  pod: podWith(({ spec }) => void Object.assign(spec, change)),
  isAllowed: path === undefined,
  ...(path === undefined ? {} : { path }),
})

const inPodContext = (title: string, change: Change, path?: string): PodCase => ({
  ...inSpec(title, {}, path === undefined ? undefined : `spec.securityContext.${path}`),
  pod: podWith(({ spec }) => void Object.assign(spec.securityContext, change)),
})

type List = 'containers' | 'initContainers'

const inContainer = (title: string, change: Change, path?: string, list: List = 'containers'): PodCase => ({
  ...inSpec(
    title,
    {},
    path === undefined ? undefined : `spec.${list}[name=${list === 'containers' ? 'beside' : 'first'}].${path}`,
  ),
  pod: podWith(({ spec }) => void Object.assign(spec[list].at(-1) ?? {}, change)),
})

const inContext = (title: string, change: Change, path?: string, list: List = 'containers'): PodCase => ({
  ...inContainer(title, {}, path === undefined ? undefined : `securityContext.${path}`, list),
  pod: podWith(({ spec }) => void Object.assign(spec[list].at(-1)?.securityContext ?? {}, change)),
})

const volume = (type: string, source: object, path?: string): PodCase =>
  inSpec(`a volume of type ${type}`, { volumes: [{ name: 'data', [type]: source }] }, path)

const refusedVolume = (type: string, source: object): PodCase => volume(type, source, `spec.volumes[name=data].${type}`)

const httpGet = (host?: string): object => ({ httpGet: { port: 80, ...(host === undefined ? {} : { host }) } })

/** Every control, met and not met. */
export const POD_CASES: readonly PodCase[] = [
  inSpec('the good pod', {}),
  inSpec('the network of the host', { hostNetwork: true }, 'spec.hostNetwork'),
  inSpec('the processes of the host', { hostPID: true }, 'spec.hostPID'),
  inSpec('the memory of the host', { hostIPC: true }, 'spec.hostIPC'),
  inSpec('no network of the host', { hostNetwork: false }),

  inContext('a privileged container', { privileged: true, allowPrivilegeEscalation: undefined }, 'privileged'),
  inContext('a container that is not privileged', { privileged: false }),
  inContext('an escalation that is allowed', { allowPrivilegeEscalation: true }, 'allowPrivilegeEscalation'),
  inContext(
    'an escalation of which nothing is said',
    { allowPrivilegeEscalation: undefined },
    'allowPrivilegeEscalation',
  ),
  inContext(
    'an escalation in an init container',
    { allowPrivilegeEscalation: true },
    'allowPrivilegeEscalation',
    'initContainers',
  ),
  inContainer(
    'a container without a security context',
    { securityContext: undefined },
    'securityContext.capabilities.drop',
  ),

  inContext('one capability dropped', { capabilities: { drop: ['NET_RAW'] } }, 'capabilities.drop'),
  inContext('no capability dropped', { capabilities: {} }, 'capabilities.drop'),
  inContext('a capability added', { capabilities: { drop: ['ALL'], add: ['CHOWN'] } }, 'capabilities.add'),
  inContext(
    'a capability beyond the baseline',
    { capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } },
    'capabilities.add',
  ),
  inContext('the right to low ports', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
  inContext('all dropped among others', { capabilities: { drop: ['NET_RAW', 'ALL'] } }),

  inPodContext('root for the whole pod', { runAsUser: 0 }, 'runAsUser'),
  inContext('root in a container', { runAsUser: 0 }, 'runAsUser'),
  inContext('root in an init container', { runAsUser: 0 }, 'runAsUser', 'initContainers'),
  inContext('a user of its own', { runAsUser: 70 }),
  inPodContext('root not ruled out', { runAsNonRoot: false }, 'runAsNonRoot'),
  inContext('root not ruled out in a container', { runAsNonRoot: false }, 'runAsNonRoot'),
  {
    ...inSpec('nothing said about root', {}, 'spec.containers[name=main].securityContext.runAsNonRoot'),
    pod: podWith(({ spec }) => Reflect.deleteProperty(spec.securityContext, 'runAsNonRoot')),
  },
  {
    ...inSpec('root ruled out in each container', {}),
    pod: podWith(({ spec }) => {
      Reflect.deleteProperty(spec.securityContext, 'runAsNonRoot')
      for (const one of [...spec.containers, ...spec.initContainers]) one.securityContext['runAsNonRoot'] = true
    }),
  },
  inSpec('root in a user namespace', {
    hostUsers: false,
    securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } },
  }),

  inPodContext('no seccomp profile at all', { seccompProfile: { type: 'Unconfined' } }, 'seccompProfile.type'),
  inContext('no seccomp profile in a container', { seccompProfile: { type: 'Unconfined' } }, 'seccompProfile.type'),
  inContext('a seccomp profile of the node', { seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' } }),
  {
    ...inSpec('nothing said about seccomp', {}, 'spec.initContainers[name=first].securityContext.seccompProfile.type'),
    pod: podWith(({ spec }) => Reflect.deleteProperty(spec.securityContext, 'seccompProfile')),
  },

  inPodContext('no AppArmor profile', { appArmorProfile: { type: 'Unconfined' } }, 'appArmorProfile.type'),
  inContext('no AppArmor profile in a container', { appArmorProfile: { type: 'Unconfined' } }, 'appArmorProfile.type'),
  inContext('an AppArmor profile of the node', { appArmorProfile: { type: 'Localhost', localhostProfile: 'a' } }),

  inPodContext('an SELinux type of its own', { seLinuxOptions: { type: 'spc_t' } }, 'seLinuxOptions.type'),
  inContext('an SELinux user', { seLinuxOptions: { user: 'system_u' } }, 'seLinuxOptions.user'),
  inContext('an SELinux role', { seLinuxOptions: { role: 'system_r' } }, 'seLinuxOptions.role'),
  inContext('an SELinux type for containers', { seLinuxOptions: { type: 'container_engine_t', level: 's0:c1' } }),

  inContext('a default /proc', { procMount: 'Default' }),
  {
    ...inSpec(
      'an unmasked /proc, even in a user namespace',
      {},
      'spec.containers[name=beside].securityContext.procMount',
    ),
    pod: podWith(({ spec }) => {
      spec['hostUsers'] = false
      Object.assign(spec.containers.at(-1)?.securityContext ?? {}, { procMount: 'Unmasked' })
    }),
  },

  inPodContext(
    'a sysctl of the whole node',
    { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
    'sysctls[name=kernel.msgmax]',
  ),
  ...[
    'kernel.shm_rmid_forced',
    'net.ipv4.ip_local_port_range',
    'net.ipv4.ip_local_reserved_ports',
    'net.ipv4.ip_unprivileged_port_start',
    'net.ipv4.ping_group_range',
    'net.ipv4.tcp_fin_timeout',
    'net.ipv4.tcp_keepalive_intvl',
    'net.ipv4.tcp_keepalive_probes',
    'net.ipv4.tcp_keepalive_time',
    'net.ipv4.tcp_rmem',
    'net.ipv4.tcp_syncookies',
    'net.ipv4.tcp_wmem',
  ].map((name) => inPodContext(`the sysctl ${name}`, { sysctls: [{ name, value: '1' }] })),

  inContainer('a port of the host', { ports: [{ containerPort: 80, hostPort: 80 }] }, 'ports[0].hostPort'),
  inContainer('a port', { ports: [{ containerPort: 80 }] }),
  inContainer('a liveness probe of another host', { livenessProbe: httpGet('10.0.0.1') }, 'livenessProbe.httpGet.host'),
  inContainer(
    'a readiness probe of another host',
    { readinessProbe: { tcpSocket: { port: 80, host: '10.0.0.1' } } },
    'readinessProbe.tcpSocket.host',
  ),
  inContainer('a startup probe of another host', { startupProbe: httpGet('10.0.0.1') }, 'startupProbe.httpGet.host'),
  inContainer(
    'a hook that asks another host',
    { lifecycle: { preStop: httpGet('10.0.0.1') } },
    'lifecycle.preStop.httpGet.host',
  ),
  inContainer(
    'a start hook that asks another host',
    { lifecycle: { postStart: httpGet('10.0.0.1') } },
    'lifecycle.postStart.httpGet.host',
  ),
  inContainer('a probe of the pod', { livenessProbe: httpGet() }),

  refusedVolume('hostPath', { path: '/' }),
  refusedVolume('nfs', { server: 'nfs', path: '/' }),
  refusedVolume('iscsi', { targetPortal: '10.0.0.1:3260', iqn: 'iqn.2026-01.com.example:a', lun: 0 }),
  refusedVolume('fc', { targetWWNs: ['500a0982991b8dc5'], lun: 0 }),
  volume('emptyDir', {}),
  volume('configMap', { name: 'a' }),
  volume('secret', { secretName: 'a' }),
  volume('downwardAPI', { items: [] }),
  volume('projected', { sources: [{ configMap: { name: 'a' } }] }),
  volume('persistentVolumeClaim', { claimName: 'a' }),
  volume('csi', { driver: 'a.example.com' }),
  volume('image', { reference: 'a:1' }),
  volume('ephemeral', {
    volumeClaimTemplate: {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  }),
  inSpec('a volume of which nothing is said', { volumes: [{ name: 'data' }] }),

  {
    ...inSpec('a process of the host', {}, 'spec.securityContext.windowsOptions.hostProcess'),
    pod: podWith(({ spec }) => {
      spec['hostNetwork'] = true
      spec.securityContext['windowsOptions'] = { hostProcess: true }
    }),
  },
  {
    ...inSpec('a pod for Windows, which knows none of the fields of Linux', {}),
    pod: podWith(({ spec }) => {
      spec['os'] = { name: 'windows' }
      spec.securityContext = { runAsNonRoot: true }
      for (const one of [...spec.containers, ...spec.initContainers]) one.securityContext = {}
    }),
  },
]
