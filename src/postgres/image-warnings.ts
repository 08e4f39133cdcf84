import type { DatabaseSpec } from '../api/spec.ts'
import { ImageRefusedError, imageWarning, parseImage } from './image.ts'

/** A database and what it runs. */
export interface DatabaseImage {
  /** `namespace/name`, or the name alone. */
  readonly name: string
  readonly spec: Pick<DatabaseSpec, 'image' | 'postgresVersion'>
}

/** So many databases of an image are named; a fleet may run a thousand of one. */
const NAMED = 3

/**
 * What people should know about the images of databases: a line for each image, with the names of those that run it. Of
 * an image that is refused nothing is said: the refusal is.
 */
export function imageWarnings(databases: readonly DatabaseImage[]): string[] {
  const names = new Map<string, string[]>()
  for (const { name, spec } of databases) {
    const warning = warningOf(spec)
    if (warning === undefined) continue
    const known = names.get(warning)
    if (known === undefined) names.set(warning, [name])
    else known.push(name)
  }
  return [...names].map(([warning, of]) => `Database ${listOf(of)}: ${warning}`)
}

function warningOf({ image, postgresVersion }: DatabaseImage['spec']): string | undefined {
  try {
    return imageWarning(parseImage(image, postgresVersion))
  } catch (error) {
    if (error instanceof ImageRefusedError) return undefined
    throw error
  }
}

function listOf(names: readonly string[]): string {
  const rest = names.length - NAMED
  return rest > 0 ? `${names.slice(0, NAMED).join(', ')} and ${rest} more` : names.join(', ')
}
