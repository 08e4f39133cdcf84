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
  const required = { apiVersion, kind, [`metadata.name of the ${String(kind)}`]: name }
  for (const [field, text] of Object.entries(required)) {
    if (text === undefined || text === null || text === '')
      throw new InputError(`${field} is missing`, { where, remedy })
  }
  for (const [field, text] of Object.entries({ ...required, 'metadata.namespace': namespace ?? '' })) {
    if (typeof text === 'string') continue
    throw new InputError(`${field} is not text but ${JSON.stringify(text)}`, { where, remedy: 'put it in quotes' })
  }
  return value as KubernetesObject
}
