import { closest } from '../api/closest.ts'
import { API_VERSION, GROUP, KIND } from '../api/group.ts'
import { InputError } from '../api/input-error.ts'
import { isDatabase } from '../api/validation.ts'
import type { Document } from './document.ts'

/**
 * Refuses what was meant to be a Database but says so in other words: a slip in the kind, the group or the version.
 * It would be applied as a foreign object, or end in the server's "no matches for kind", without its place. A kind
 * of the same or a similar name in a group of somebody else is left alone.
 * @throws InputError naming file and line
 */
export function refuseMisnamedDatabases(documents: readonly Document[]): void {
  const known = new Set<string>()
  for (const document of documents) {
    const { head, source } = document
    const { apiVersion, kind } = head
    // Large sets are made of few kinds, and comparing words takes its time.
    const type = `${apiVersion} ${kind}`
    if (known.has(type)) continue
    if (isDatabase(head) || !isMeant(apiVersion, kind)) {
      known.add(type)
      continue
    }
    const wrong = apiVersion === API_VERSION ? 'kind' : 'apiVersion'
    const message =
      wrong === 'kind' ? `${API_VERSION} has no kind ${kind}` : `${apiVersion} is not an apiVersion of ${KIND}`
    throw new InputError(message, {
      where: `${source.file}:${document.lineOf([wrong])}`,
      remedy: `did you mean kind ${KIND} and apiVersion ${API_VERSION}?`,
    })
  }
}

function isMeant(apiVersion: string, kind: string): boolean {
  const [group = '', version] = apiVersion.split('/', 2)
  if (group === GROUP) return true
  if (closest(kind, [KIND]) === undefined) return false
  // `v1` alone is the core group, which has no kind of a similar name.
  return version === undefined || closest(group, [GROUP]) !== undefined
}
