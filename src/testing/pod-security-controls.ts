import type { Handler, PodContainer, PodSpec, PodTemplate, SecurityContext } from './pod-template.ts'

/** A field that a control does not accept, from the pod's or the container's root. */
export interface Finding {
  readonly path: string
  readonly message: string
}

/** Finds what one control does not accept in a pod as a whole. */
type PodControl = (template: PodTemplate) => readonly Finding[]

/** Finds what one control does not accept in a container. */
type ContainerControl = (container: PodContainer, pod: PodSpec) => readonly Finding[]

const unless = (holds: boolean, path: string, message: string): readonly Finding[] => (holds ? [] : [{ path, message }])

const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
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
])

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const

const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
])

const PROFILES: ReadonlySet<string> = new Set(['RuntimeDefault', 'Localhost'])

/** Before there was a field, AppArmor was asked for by annotation; the server still reads it. */
const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/'

const isWindows = ({ os }: PodSpec): boolean => os?.name === 'windows'

/** In a user namespace root is nobody outside of the pod. */
const hasUserNamespace = ({ hostUsers }: PodSpec): boolean => hostUsers === false

/** What is asked of a security context wherever it stands. */
function ofContext(context: SecurityContext | undefined, pod: PodSpec): readonly Finding[] {
  const { appArmorProfile, runAsNonRoot, runAsUser, seccompProfile, seLinuxOptions, windowsOptions } = context ?? {}
  const at = (field: string): string => `securityContext.${field}`
  const isRootHarmless = hasUserNamespace(pod)
  return [
    ...unless(
      windowsOptions?.hostProcess !== true,
      at('windowsOptions.hostProcess'),
      'must not be true: it would run on the host itself',
    ),
    ...unless(
      appArmorProfile === undefined || PROFILES.has(appArmorProfile.type ?? ''),
      at('appArmorProfile.type'),
      'must be RuntimeDefault or Localhost',
    ),
    ...unless(
      SELINUX_TYPES.has(seLinuxOptions?.type ?? ''),
      at('seLinuxOptions.type'),
      `must be one of ${[...SELINUX_TYPES].filter((type) => type !== '').join(', ')}`,
    ),
    ...unless((seLinuxOptions?.user ?? '') === '', at('seLinuxOptions.user'), 'must be left out'),
    ...unless((seLinuxOptions?.role ?? '') === '', at('seLinuxOptions.role'), 'must be left out'),
    ...unless(runAsNonRoot !== false || isRootHarmless, at('runAsNonRoot'), 'must not be false'),
    ...unless(runAsUser !== 0 || isRootHarmless, at('runAsUser'), 'must not be 0, which is root'),
    ...unless(
      seccompProfile === undefined || isWindows(pod) || PROFILES.has(seccompProfile.type ?? ''),
      at('seccompProfile.type'),
      'must be RuntimeDefault or Localhost',
    ),
  ]
}

/** Controls of a pod as a whole. */
export const POD_CONTROLS: readonly PodControl[] = [
  ({ spec }) => ofContext(spec.securityContext, spec).map(({ path, message }) => ({ path: `spec.${path}`, message })),
  ({ spec }) =>
    (['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((field) =>
      unless(spec[field] !== true, `spec.${field}`, 'must not be true: the pod would share it with the host'),
    ),
  ({ spec }) =>
    (spec.securityContext?.sysctls ?? []).flatMap(({ name }) =>
      unless(
        SAFE_SYSCTLS.has(name),
        `spec.securityContext.sysctls[name=${name}]`,
        'must be left out: it is not among the safe sysctls',
      ),
    ),
  ({ spec }) =>
    (spec.volumes ?? []).flatMap((volume) => {
      const type = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir'
      return unless(
        VOLUMES.some((allowed) => volume[allowed] !== undefined) || type === 'emptyDir',
        `spec.volumes[name=${String(volume['name'])}].${type}`,
        `must be a volume of another type: ${VOLUMES.join(', ')}`,
      )
    }),
  ({ annotations }) =>
    Object.entries(annotations).flatMap(([key, value]) =>
      unless(
        !key.startsWith(APP_ARMOR_ANNOTATION) || value === '' || /^(runtime\/default$|localhost\/)/.test(value),
        `metadata.annotations["${key}"]`,
        'must be runtime/default or localhost/…',
      ),
    ),
]

const hostOf = (handler: Handler | undefined, place: string): readonly Finding[] =>
  (['httpGet', 'tcpSocket'] as const).flatMap((way) =>
    unless(
      (handler?.[way]?.host ?? '') === '',
      `${place}.${way}.host`,
      'must be left out: the kubelet would ask another host than the pod',
    ),
  )

/** Controls of a container: of init containers and of ephemeral ones too. */
export const CONTAINER_CONTROLS: readonly ContainerControl[] = [
  ({ securityContext }, pod) => ofContext(securityContext, pod),
  ({ securityContext }) =>
    unless(securityContext?.privileged !== true, 'securityContext.privileged', 'must not be true'),
  ({ securityContext }) =>
    unless(
      ['', 'Default'].includes(securityContext?.procMount ?? ''),
      'securityContext.procMount',
      'must be Default, or left out',
    ),
  ({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0 }, index) =>
      unless(hostPort === 0, `ports[${index}].hostPort`, 'must be left out: it would be a port of the host'),
    ),
  ({ livenessProbe, readinessProbe, startupProbe, lifecycle }) => [
    ...hostOf(livenessProbe, 'livenessProbe'),
    ...hostOf(readinessProbe, 'readinessProbe'),
    ...hostOf(startupProbe, 'startupProbe'),
    ...hostOf(lifecycle?.postStart, 'lifecycle.postStart'),
    ...hostOf(lifecycle?.preStop, 'lifecycle.preStop'),
  ],
  ({ securityContext }, pod) =>
    unless(
      isWindows(pod) || securityContext?.allowPrivilegeEscalation === false,
      'securityContext.allowPrivilegeEscalation',
      'must be false',
    ),
  ({ securityContext }, pod) => {
    if (isWindows(pod)) return []
    const { add = [], drop = [] } = securityContext?.capabilities ?? {}
    return [
      ...unless(drop.includes('ALL'), 'securityContext.capabilities.drop', 'must include ALL'),
      ...unless(
        add.every((capability) => capability === 'NET_BIND_SERVICE'),
        'securityContext.capabilities.add',
        'must hold nothing but NET_BIND_SERVICE',
      ),
    ]
  },
  ({ securityContext }, pod) =>
    unless(
      hasUserNamespace(pod) || (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== undefined,
      'securityContext.runAsNonRoot',
      'must be true here, or for the whole pod',
    ),
  ({ securityContext }, pod) =>
    unless(
      isWindows(pod) || (securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile) !== undefined,
      'securityContext.seccompProfile.type',
      'must be RuntimeDefault or Localhost here, or for the whole pod',
    ),
]
