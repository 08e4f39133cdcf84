import * as z from 'zod'
import { withRules } from './rule.ts'
import type { Rule } from './rule.ts'

/** A text as a CEL literal. */
export const celString = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/**
 * Text must match a pattern. RE2 (the server's) and ECMAScript must read it alike: no look-around, no back references.
 * @param pattern not anchored by itself
 */
export function matches(pattern: string, message: string): Rule<string> {
  const expression = new RegExp(pattern)
  return { cel: `self.matches(${celString(pattern)})`, message, holds: (value) => expression.test(value) }
}

/** Name of an object that must be a DNS subdomain, as most names in Kubernetes are. */
export function objectName(field: string, kind: string, meaning: string): z.ZodString {
  return withRules(z.string().min(1).max(253).describe(meaning), [
    matches(
      '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      `${field} must be the name of a ${kind}: lower-case letters, digits, dashes and dots`,
    ),
  ])
}
