import { z } from 'zod'
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
  const known = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status'])
  for (const field of Object.keys(object)) {
    if (!known.has(field)) issues.push({ path: [field], message: `unknown field ${field}` })
  }
  const parsed = databaseSpecSchema.safeParse(object['spec'])
  if (!parsed.success) issues.push(...parsed.error.issues.flatMap((issue) => toIssues(issue)))
  if (issues.length > 0 || !parsed.success) return { ok: false, issues }
  return { ok: true, database: { ...object, spec: parsed.data } as Database }
}

function toIssues(issue: z.core.$ZodIssue): ValidationIssue[] {
  const path = ['spec', ...issue.path.filter((key): key is string | number => typeof key !== 'symbol')]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownField([...path, key]) }))
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, message: `${path.join('.')} is required` }]
  }
  if (issue.code === 'invalid_union') {
    const first = issue.errors.flat()[0]
    return [{ path, message: first?.message ?? issue.message }]
  }
  if (issue.code === 'custom') return [{ path, message: issue.message }]
  return [{ path, message: `${path.join('.')}: ${lowerFirst(issue.message)}` }]
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

function unknownField(path: readonly (string | number)[]): string {
  const suggestion = closest(String(path.at(-1)), fieldsAt(path.slice(1, -1)))
  return `unknown field ${path.join('.')}${suggestion === undefined ? '' : `: did you mean ${suggestion}?`}`
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
