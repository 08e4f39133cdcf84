import type { KubernetesObject } from '../api/object.ts'

/** A structural schema, as far as it is understood here. */
export interface StructuralSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly additionalProperties?: boolean | StructuralSchema
  readonly items?: StructuralSchema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly nullable?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
}

/** Something that the schema does not allow. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[]
  /** The end of a sentence: `must be one of Retain, Delete`. */
  readonly message: string
}

/**
 * The schema by which a CustomResourceDefinition judges objects of a version.
 * @returns `undefined` where the definition has no such version, or no schema
 */
export function schemaOfVersion(definition: KubernetesObject, version: string): StructuralSchema | undefined {
  const spec = definition['spec'] as
    | { versions?: { name?: string; schema?: { openAPIV3Schema?: StructuralSchema } }[] }
    | undefined
  return spec?.versions?.find(({ name }) => name === version)?.schema?.openAPIV3Schema
}

/**
 * Checks an object against a structural schema: types, required and unknown fields, enumerations, bounds, patterns. What
 * only the server can judge (CEL rules, formats, admission) is not judged: nothing found is not everything proved.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function checkAgainstSchema(object: KubernetesObject, schema: StructuralSchema): SchemaProblem[] {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...content } = object
  const known = { ...schema.properties, apiVersion: {}, kind: {}, metadata: {}, status: {} }
  const { required = [] } = schema
  const isThere = (field: string): boolean => object[field] !== undefined
  return [
    ...required.filter((field) => !isThere(field)).map((field) => ({ path: [field], message: 'is required' })),
    ...fieldProblems(content, { ...schema, properties: known, required: [] }, []),
  ]
}

function problemsOf(value: unknown, schema: StructuralSchema, path: readonly (string | number)[]): SchemaProblem[] {
  if (value === null) return schema.nullable === true ? [] : [{ path, message: 'must not be null' }]
  if (schema['x-kubernetes-int-or-string'] === true) {
    const isEither = typeof value === 'string' || Number.isInteger(value)
    return isEither ? textProblems(value, schema, path) : [{ path, message: 'must be a whole number or text' }]
  }
  if (!isOfType(value, schema.type)) return [{ path, message: `must be of type ${schema.type}` }]
  const problems = enumProblems(value, schema, path)
  if (Array.isArray(value)) return [...problems, ...listProblems(value, schema, path)]
  if (typeof value === 'object') return [...problems, ...fieldProblems(value as Record<string, unknown>, schema, path)]
  return [...problems, ...textProblems(value, schema, path), ...numberProblems(value, schema, path)]
}

function isOfType(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case undefined:
    case '':
      return true
    case 'object':
      return typeof value === 'object' && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function enumProblems(value: unknown, schema: StructuralSchema, path: readonly (string | number)[]): SchemaProblem[] {
  if (schema.enum === undefined || typeof value === 'object' || schema.enum.includes(value)) return []
  return [{ path, message: `must be one of ${schema.enum.map(String).join(', ')}` }]
}

function fieldProblems(
  value: Readonly<Record<string, unknown>>,
  schema: StructuralSchema,
  path: readonly (string | number)[],
): SchemaProblem[] {
  const { properties, additionalProperties, required = [] } = schema
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-embedded-resource'] === true ||
    additionalProperties === true ||
    (properties === undefined && additionalProperties === undefined)
  const missing = required.filter((field) => value[field] === undefined)
  return [
    ...missing.map((field) => ({ path: [...path, field], message: 'is required' })),
    ...Object.entries(value).flatMap(([field, item]) => {
      if (item === undefined) return []
      const known = properties?.[field] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
      if (known !== undefined) return problemsOf(item, known, [...path, field])
      return isOpen ? [] : [{ path: [...path, field], message: 'is not a field of this kind' }]
    }),
  ]
}

function listProblems(
  value: readonly unknown[],
  { items, minItems, maxItems }: StructuralSchema,
  path: readonly (string | number)[],
): SchemaProblem[] {
  return [
    ...bound(value.length, minItems, maxItems, 'items', path),
    ...value.flatMap((item, index) => (items === undefined ? [] : problemsOf(item, items, [...path, index]))),
  ]
}

function textProblems(
  value: unknown,
  { pattern, minLength, maxLength }: StructuralSchema,
  path: readonly (string | number)[],
): SchemaProblem[] {
  if (typeof value !== 'string') return []
  const isMatched = pattern === undefined || matches(pattern, value)
  return [
    // The server counts code points, not UTF-16 units.
    ...bound(Array.from(value).length, minLength, maxLength, 'characters', path),
    ...(isMatched ? [] : [{ path, message: `must match ${pattern}` }]),
  ]
}

/** A pattern of Go's syntax that this engine does not read is left to the server. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true
  }
}

function numberProblems(
  value: unknown,
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: StructuralSchema,
  path: readonly (string | number)[],
): SchemaProblem[] {
  if (typeof value !== 'number') return []
  const isTooSmall = minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)
  const isTooLarge = maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)
  return [
    ...(isTooSmall
      ? [{ path, message: `must be ${exclusiveMinimum === true ? 'more than' : 'at least'} ${minimum}` }]
      : []),
    ...(isTooLarge
      ? [{ path, message: `must be ${exclusiveMaximum === true ? 'less than' : 'at most'} ${maximum}` }]
      : []),
  ]
}

function bound(
  size: number,
  minimum: number | undefined,
  maximum: number | undefined,
  unit: string,
  path: readonly (string | number)[],
): SchemaProblem[] {
  if (minimum !== undefined && size < minimum) return [{ path, message: `must have at least ${minimum} ${unit}` }]
  if (maximum !== undefined && size > maximum) return [{ path, message: `must have at most ${maximum} ${unit}` }]
  return []
}
