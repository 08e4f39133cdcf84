import type { FieldSet } from './managed-fields.ts'

/** A JSON object. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether an owned field has nothing below it: a plain value, an empty structure or one that is owned as a whole. */
export function isLeaf(owned: FieldSet): boolean {
  for (const _ in owned) return false
  return true
}

/** Whether a list or an object is empty. */
export function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

/** Whether two plain values or empty structures are the same. */
export function isSamePlain(left: unknown, right: unknown): boolean {
  if (typeof left === 'number') return left === right && isExact(left)
  if (left === right) return true
  if (Array.isArray(left)) return Array.isArray(right) && left.length === 0 && right.length === 0
  return isRecord(left) && isRecord(right) && isEmpty(left) && isEmpty(right)
}

/** Whether every number in a value is surely the one that was written: large whole numbers lose digits when they are read. */
export function hasExactNumbers(value: unknown): boolean {
  if (typeof value === 'number') return isExact(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(hasExactNumbers)
  for (const key in value) if (!hasExactNumbers((value as JsonRecord)[key])) return false
  return true
}

const isExact = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER
