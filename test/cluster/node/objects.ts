/** The parts of the Kubernetes objects that a node reads and writes, in the words and units of the API. */
import type { ApiObject } from '../api-client.ts'

/** A timestamp in RFC 3339 with seconds, as the API stores it. */
export type Timestamp = string

/** A key in a Secret or ConfigMap. */
interface KeySelector {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

/** Where the value of an environment variable comes from. */
export interface EnvVarSource {
  readonly fieldRef?: { readonly fieldPath: string }
  readonly resourceFieldRef?: { readonly resource: string; readonly containerName?: string; readonly divisor?: string }
  readonly configMapKeyRef?: KeySelector
  readonly secretKeyRef?: KeySelector
}

/** One environment variable of a container. */
interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: EnvVarSource
}

/** All keys of an object as environment variables. */
interface EnvFromSource {
  readonly prefix?: string
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name: string; readonly optional?: boolean }
}

/** What a probe or a lifecycle hook does. */
export interface Handler {
  readonly exec?: { readonly command?: readonly string[] }
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  readonly httpGet?: {
    readonly port: number | string
    readonly path?: string
    readonly host?: string
    readonly scheme?: string
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
  }
  readonly sleep?: { readonly seconds: number }
}

/** A probe, with the defaults that the API server fills in left optional. */
export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

/** Who a container runs as. */
interface SecurityContext {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
}

/** Requests and limits, as quantities. */
interface ResourceRequirements {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
}

/** Where a volume appears in a container. */
interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly subPath?: string
  readonly subPathExpr?: string
}

/** One container of a pod. */
export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFromSource[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly resources?: ResourceRequirements
  readonly volumeMounts?: readonly VolumeMount[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: Handler; readonly postStart?: Handler; readonly stopSignal?: string }
  readonly restartPolicy?: string
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: string
  readonly securityContext?: SecurityContext
}

/** Which key becomes which file. */
export interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

/** A file with something about the pod itself. */
export interface DownwardItem {
  readonly path: string
  readonly mode?: number
  readonly fieldRef?: { readonly fieldPath: string }
  readonly resourceFieldRef?: { readonly resource: string; readonly containerName?: string; readonly divisor?: string }
}

/** One source of a projected volume. */
export interface Projection {
  readonly secret?: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean }
  readonly configMap?: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean }
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] }
  readonly serviceAccountToken?: {
    readonly path: string
    readonly audience?: string
    readonly expirationSeconds?: number
  }
}

/** One volume of a pod. */
export interface Volume {
  readonly name: string
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean }
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly secret?: {
    readonly secretName: string
    readonly items?: readonly KeyToPath[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  readonly configMap?: {
    readonly name: string
    readonly items?: readonly KeyToPath[]
    readonly defaultMode?: number
    readonly optional?: boolean
  }
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[]; readonly defaultMode?: number }
  readonly projected?: { readonly sources?: readonly Projection[]; readonly defaultMode?: number }
}

/** Desired state of a pod. */
export interface PodSpec {
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly schedulerName?: string
  readonly schedulingGates?: readonly { readonly name: string }[]
  readonly hostname?: string
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly serviceAccountName?: string
  readonly terminationGracePeriodSeconds?: number
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly securityContext?: SecurityContext
}

/** A condition of a pod or a claim. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime?: Timestamp | null
  readonly lastTransitionTime?: Timestamp
  readonly observedGeneration?: number
}

/** What a container that has ended left behind. */
export interface TerminatedState {
  readonly exitCode: number
  readonly signal?: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: Timestamp
  readonly finishedAt: Timestamp
  readonly containerID: string
}

/** Exactly one of the three is set; `lastState` may be empty. */
export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: Timestamp }
  readonly terminated?: TerminatedState
}

/** Observed state of one container. */
export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly state: ContainerState
  readonly lastState: ContainerState
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
}

/** Observed state of a pod. */
export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime?: Timestamp
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly qosClass?: string
}

/** A pod. */
export interface Pod extends ApiObject {
  spec: PodSpec
  status?: PodStatus
}

/** A claim for a volume. */
export interface PersistentVolumeClaim extends ApiObject {
  spec: {
    storageClassName?: string
    volumeName?: string
    accessModes?: string[]
    volumeMode?: string
    resources?: ResourceRequirements
  }
  status?: { phase?: string; capacity?: Record<string, string>; conditions?: Condition[] }
}

/** A volume. */
export interface PersistentVolume extends ApiObject {
  spec: {
    capacity?: Record<string, string>
    storageClassName?: string
    persistentVolumeReclaimPolicy?: string
    claimRef?: { namespace: string; name: string; uid?: string }
    hostPath?: { path: string; type?: string }
  }
  status?: { phase?: string }
}

/** A class of volumes. */
export interface StorageClass extends ApiObject {
  provisioner: string
  volumeBindingMode?: string
  reclaimPolicy?: string
  allowVolumeExpansion?: boolean
}

/** Secret values are base64. */
export interface Secret extends ApiObject {
  data?: Readonly<Record<string, string>>
}

/** ConfigMap values are text, or base64 in `binaryData`. */
export interface ConfigMap extends ApiObject {
  data?: Readonly<Record<string, string>>
  binaryData?: Readonly<Record<string, string>>
}

/** `namespace/name` of a namespaced object. */
export function objectKey(object: ApiObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** Now, in the form the API stores. */
export function timestamp(date: Date = new Date()): Timestamp {
  return `${date.toISOString().slice(0, 19)}Z`
}
