import { closest } from './closest.ts'
import type { Database } from './database.ts'
import { majorOfTag } from './image-reference.ts'
import type { KubernetesObject } from './object.ts'
import { parameterOf, parameterTable } from './parameter-table.ts'
import { readParameter } from './parameter-value.ts'
import { validateDatabase } from './validation.ts'
import type { ValidationIssue, ValidationResult } from './validation.ts'

/** Names that a server takes for another parameter's older one, although it does not list them. */
const OLD_NAMES: ReadonlySet<string> = new Set(['force_parallel_mode', 'sort_mem', 'ssl_ecdh_curve', 'vacuum_mem'])

/**
 * Checks a Database as the API server would, and then what the API server does not check: that the parameters exist in
 * this major of PostgreSQL and have values that it takes. Parameters of extensions and names that nobody knows are left
 * to the server.
 */
export function checkDatabase(object: KubernetesObject): ValidationResult {
  const result = validateDatabase(object)
  if (!result.ok) return result
  const issues = parameterIssues(result.database)
  return issues.length > 0 ? { ok: false, issues } : result
}

function parameterIssues({ spec }: Database): ValidationIssue[] {
  const major = spec.postgresVersion ?? majorOfTag(spec.image)
  if (major === undefined) return []
  return Object.entries(spec.parameters ?? {}).flatMap(([name, value]) => {
    const problem = problemOf(name, value, major)
    return problem === undefined ? [] : [{ path: ['spec', 'parameters', name], message: problem }]
  })
}

/** What is wrong with a parameter, as one line that says what to write instead; `undefined` where nothing is. */
export function problemOf(name: string, value: string, major: string): string | undefined {
  if (name.includes('.') || OLD_NAMES.has(name)) return undefined
  const field = `spec.parameters.${name}`
  const entry = parameterOf(name, major)
  if (entry === undefined) {
    const reason = whyUnknown(name, major)
    return reason === undefined ? undefined : `${field}: PostgreSQL ${major} has no such parameter: ${reason}`
  }
  if (entry.context === 'internal') {
    return `${field} cannot be set: it only tells how the server was built or its data were made; remove it`
  }
  const read = readParameter(entry.values, value)
  return read.ok ? undefined : `${field}: ${JSON.stringify(value)} is not a value of it: ${read.remedy}`
}

function whyUnknown(name: string, major: string): string | undefined {
  const entries = parameterTable().get(name)
  if (entries === undefined) {
    const suggestion = closest(name, [...parameterTable().keys()])
    return suggestion === undefined ? undefined : `did you mean ${suggestion}?`
  }
  const first = Math.min(...entries.map(({ firstMajor }) => firstMajor))
  if (first > Number(major)) return `it came with ${first}; remove it`
  return `it is gone since ${Math.max(...entries.map(({ lastMajor }) => lastMajor)) + 1}; remove it`
}
