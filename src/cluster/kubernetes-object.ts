import type { KubernetesObject } from '../api/object.ts'
import { UnexpectedReplyError } from './errors.ts'
import type { RequestTarget } from './errors.ts'
import { isJsonObject } from './json-object.ts'

/** Whether a value has what every object in the API has: apiVersion, kind, and metadata with a name. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isJsonObject(value)) return false
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false
  return isJsonObject(metadata) && typeof metadata['name'] === 'string'
}

/** @throws UnexpectedReplyError when a reply that should be an object is none */
export function requireObject(value: unknown, target: RequestTarget): KubernetesObject {
  if (isKubernetesObject(value)) return value
  throw new UnexpectedReplyError(target, 200, 'the reply holds something that is no Kubernetes object')
}
