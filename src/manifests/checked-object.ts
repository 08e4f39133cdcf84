import { InputError } from '../api/input-error.ts'
import type { KubernetesObject } from '../api/object.ts'

/**
 * A document as an object of Kubernetes.
 * @throws InputError where it lacks what every object has, or has it as something else than text
 */
export function checkedObject(value: unknown, file: string, line: number): KubernetesObject {
  const where = `${file}:${line}`
  const remedy = 'every document needs apiVersion, kind and metadata.name'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('a document is not a Kubernetes object', { where, remedy })
  }
  const { apiVersion, kind, metadata } = value as Record<string, unknown>
  const { name, namespace } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Record<
    string,
    unknown
  >
  if ([apiVersion, kind, name].every(isText) && typeof (namespace ?? '') === 'string') return value as KubernetesObject
  const required = { apiVersion, kind, [`metadata.name of the ${String(kind)}`]: name }
  const [missing] =
    Object.entries(required).find(([, text]) => text === undefined || text === null || text === '') ?? []
  if (missing !== undefined) throw new InputError(`${missing} is missing`, { where, remedy })
  const [field, other] =
    Object.entries({ ...required, 'metadata.namespace': namespace }).find(([, text]) => typeof text !== 'string') ?? []
  throw new InputError(`${field} is not text but ${JSON.stringify(other)}`, { where, remedy: 'put it in quotes' })
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
