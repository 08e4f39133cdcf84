import * as z from 'zod'
import { closest } from './closest.ts'
import { API_VERSION, KIND } from './group.ts'
import type { Database } from './database.ts'
import type { KubernetesObject } from './object.ts'
import { NAME_RULES } from './name-rules.ts'
import { databaseSpecSchema } from './spec.ts'

/** One thing wrong with a document. */
export interface ValidationIssue {
  /** Where: keys and indexes from the document's root, for example `['spec', 'storage', 'size']`. */
  readonly path: readonly (string | number)[]
  /** What must be true. */
  readonly message: string
}

/** A valid Database, or everything that is wrong with it. */
export type ValidationResult =
  | { readonly ok: true; readonly database: Database }
  | { readonly ok: false; readonly issues: readonly ValidationIssue[] }

/** Whether an object claims to be a Database of the version we know. */
export function isDatabase(object: { readonly apiVersion?: unknown; readonly kind?: unknown }): boolean {
  return object.apiVersion === API_VERSION && object.kind === KIND
}

/**
 * Checks a Database as the API server would, all rules at once, and fills the defaults in.
 * Rules about changes (what is immutable, what may not shrink) need the live object and are not judged here.
 */
export function validateDatabase(object: KubernetesObject): ValidationResult {
  const issues: ValidationIssue[] = []
  for (const rule of NAME_RULES) {
    if (!rule.holds(object.metadata.name)) issues.push({ path: ['metadata', 'name'], message: rule.message })
  }
  for (const field of Object.keys(object)) {
    if (!ROOT_FIELDS.includes(field)) issues.push({ path: [field], message: unknownField([field]) })
  }
  const parsed = databaseSpecSchema.safeParse(withoutNulls(object['spec']), { reportInput: true })
  if (!parsed.success) issues.push(...parsed.error.issues.flatMap((issue) => toIssues(issue)))
  if (issues.length > 0 || !parsed.success) return { ok: false, issues }
  return { ok: true, database: { ...object, spec: parsed.data } as Database }
}

const ROOT_FIELDS: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status']

/** Why a password is refused, and what to do instead. */
const PASSWORD_REFUSED =
  'a password here would end up in Git: leave it out (one is generated in the cluster), or name a Secret with credentials.existingSecret'

/**
 * The API server drops nulls from fields that cannot be null, so that `resources: null` is the same as no resources.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable
 */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, field]) => field !== null)
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutNulls(field)]))
}

function toIssues(issue: z.core.$ZodIssue): ValidationIssue[] {
  const path = ['spec', ...issue.path.filter((key): key is string | number => typeof key !== 'symbol')]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownField([...path, key]) }))
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, message: `${path.join('.')} is required` }]
  }
  if (issue.code === 'invalid_type' && path[1] === 'parameters' && path.length === 3) {
    return [{ path, message: `${path.join('.')} must be text: ${quotedExample(String(path[2]), issue.input)}` }]
  }
  if (issue.code === 'invalid_union') {
    return [{ path, message: `${path.join('.')} must be text or a whole number` }]
  }
  if (issue.code === 'custom') return [{ path, message: issue.message }]
  return [{ path, message: `${path.join('.')}: ${lowerFirst(issue.message)}` }]
}

/** YAML reads `10` and `on` as a number and a boolean; only quotes keep them text. */
function quotedExample(name: string, value: unknown): string {
  if (typeof value === 'number') return `put it in quotes, ${name}: "${value}"`
  if (typeof value === 'boolean') return `put it in quotes, ${name}: "${value ? 'on' : 'off'}"`
  return `write one line in quotes, ${name}: "value"`
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

function unknownField(path: readonly (string | number)[]): string {
  const field = String(path.at(-1))
  const what = `unknown field ${path.join('.')}`
  if (field.toLowerCase() === 'password') return `${what}: ${PASSWORD_REFUSED}`
  const suggestion = closest(field, path.length === 1 ? ROOT_FIELDS : fieldsAt(path.slice(1, -1)))
  return suggestion === undefined ? what : `${what}: did you mean ${suggestion}?`
}

function fieldsAt(path: readonly (string | number)[]): string[] {
  let schema: unknown = databaseSpecSchema
  for (const key of path) {
    schema = unwrap(schema)
    if (schema instanceof z.ZodObject) schema = schema.shape[key]
    else if (schema instanceof z.ZodArray) schema = schema.element
    else return []
  }
  schema = unwrap(schema)
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.def.innerType)
  return schema
}
