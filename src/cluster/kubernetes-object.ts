import type { KubernetesObject } from '../api/object.ts'
import { UnexpectedReplyError } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { isJsonObject } from './json-object.ts'

/** Whether a value has what every stored object has: apiVersion, kind, and metadata with a name. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isJsonObject(value)) return false
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false
  return isJsonObject(metadata) && typeof metadata['name'] === 'string'
}

/** @throws UnexpectedReplyError when a reply that should be the object asked for is none, or another one */
export function requireObject(value: unknown, target: RequestTarget): KubernetesObject {
  if (!isKubernetesObject(value)) {
    throw new UnexpectedReplyError(target, 200, 'the reply holds something that is no Kubernetes object')
  }
  if (target.name !== undefined && value.metadata.name !== target.name) {
    throw new UnexpectedReplyError(target, 200, `the reply is about ${value.metadata.name}`)
  }
  return value
}
