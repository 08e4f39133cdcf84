import type { KubernetesObject } from '../api/object.ts'
import { CONTAINER_CONTROLS, POD_CONTROLS } from './pod-security-controls.ts'
import type { Finding } from './pod-security-controls.ts'
import { podTemplatesOf } from './pod-template.ts'
import type { PodContainer, PodTemplate } from './pod-template.ts'

/** Something that the restricted Pod Security Standard does not allow. */
export interface PodSecurityViolation {
  /** The object: `StatefulSet shop/orders`. */
  readonly object: string
  /** The field that is wrong or missing, from the object's root. */
  readonly path: string
  /** What the standard asks of it. */
  readonly message: string
}

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const

/**
 * What the restricted Pod Security Standard, in the version of Kubernetes 1.36, does not allow in pods and in templates
 * of pods: every control of its levels `baseline` and `restricted`.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityViolations(objects: readonly KubernetesObject[]): readonly PodSecurityViolation[] {
  return objects.flatMap(podTemplatesOf).flatMap((template) => {
    const found = [...POD_CONTROLS.flatMap((control) => control(template)), ...inContainers(template)]
    return found.map(({ path, message }) => ({
      object: template.owner,
      path: [template.path, path].filter((part) => part !== '').join('.'),
      message,
    }))
  })
}

function inContainers(template: PodTemplate): readonly Finding[] {
  return CONTAINER_LISTS.flatMap((list) =>
    (template.spec[list] ?? []).flatMap((container, index) => {
      const place = `spec.${list}[${nameOf(container, index)}]`
      return CONTAINER_CONTROLS.flatMap((control) => control(container, template.spec)).map(({ path, message }) => ({
        path: `${place}.${path}`,
        message,
      }))
    }),
  )
}

const nameOf = ({ name }: PodContainer, index: number): string => (name === undefined ? String(index) : `name=${name}`)
