import { formatObject, referenceOf } from '../api/object.ts'
import type { KubernetesObject } from '../api/object.ts'

/** A container of any list of a pod, with what Pod Security looks at. */
export interface PodContainer {
  readonly name?: string
  readonly securityContext?: SecurityContext
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
}

/** What asks a container, or is told it, over the network. */
export interface Handler {
  readonly httpGet?: { readonly host?: string }
  readonly tcpSocket?: { readonly host?: string }
}

/** What stands in `securityContext` of a pod or of a container. */
export interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean
  readonly appArmorProfile?: { readonly type?: string }
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly privileged?: boolean
  readonly procMount?: string
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly seccompProfile?: { readonly type?: string }
  readonly sysctls?: readonly { readonly name: string }[]
  readonly windowsOptions?: { readonly hostProcess?: boolean }
}

/** A pod's spec, with what Pod Security and retention look at. */
export interface PodSpec {
  readonly hostIPC?: boolean
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostUsers?: boolean
  readonly os?: { readonly name?: string }
  readonly securityContext?: SecurityContext
  readonly containers?: readonly PodContainer[]
  readonly initContainers?: readonly PodContainer[]
  readonly ephemeralContainers?: readonly PodContainer[]
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

/** A pod that an object is, or would make. */
export interface PodTemplate {
  /** The object, for people: `CronJob shop/orders-backup`. */
  readonly owner: string
  /** Where the pod's metadata and spec stand in it: `spec.jobTemplate.spec.template`; empty for a Pod. */
  readonly path: string
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

/**
 * Every pod of an object: a Pod is one, anything else may hold templates, at whatever depth. So a CronJob, a Job and the
 * kinds of others (a `Rollout`) are seen without knowing them.
 */
export function podTemplatesOf(object: KubernetesObject): readonly PodTemplate[] {
  const owner = formatObject(referenceOf(object))
  if (object.kind === 'Pod') return [templateAt(owner, [], object)]
  return templatesBelow(owner, [], object)
}

function templatesBelow(owner: string, path: readonly string[], value: unknown): readonly PodTemplate[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, below]) => {
    const place = [...path, key]
    return key === 'template' && isTemplate(below)
      ? [templateAt(owner, place, below)]
      : templatesBelow(owner, place, below)
  })
}

function templateAt(owner: string, path: readonly string[], { metadata, spec }: Template): PodTemplate {
  return { owner, path: path.join('.'), annotations: metadata?.annotations ?? {}, spec: spec ?? {} }
}

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } | undefined
  readonly spec?: unknown
}

function isTemplate(value: unknown): value is Template {
  const spec = (value as Template | null)?.spec
  return typeof spec === 'object' && spec !== null && 'containers' in spec
}
