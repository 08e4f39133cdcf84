/** How deep a value is shown; what refers to itself ends there too. */
const DEEPEST = 8

/**
 * Anything as JSON can have it. An error becomes its name and message and those of its causes, with its stack where it is
 * a mistake in the program; what JSON knows nothing of becomes text, what has no value is left out.
 */
export function plainValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return undefined
  if (value instanceof Error) return errorText(value)
  if (depth >= DEEPEST) return '…'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Map) return plainValue(Object.fromEntries(value), depth)
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => plainValue(item, depth + 1) ?? null)
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, field]) => [key, plainValue(field, depth + 1)] as const)
      .filter(([, field]) => field !== undefined),
  )
}

function errorText(error: Error): string {
  const isMistake = [TypeError, RangeError, ReferenceError].some((kind) => error.constructor === kind)
  const causes: string[] = []
  let cause = error.cause
  // An error may be its own cause by some way.
  for (let depth = 0; cause instanceof Error && depth < DEEPEST; depth += 1) {
    causes.push(`${cause.name}: ${cause.message}`)
    cause = cause.cause
  }
  const text = isMistake && error.stack !== undefined ? error.stack : `${error.name}: ${error.message}`
  return [text, ...causes].join('; caused by ')
}
