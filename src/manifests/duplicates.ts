import { InputError } from '../api/input-error.ts'
import { formatObject } from '../api/object.ts'
import type { Document } from './document.ts'

/**
 * Refuses a set that holds the same object twice: the second would silently win.
 * @throws InputError naming both places
 */
export function refuseDuplicates(documents: readonly Document[]): void {
  const seen = new Map<string, Document>()
  for (const document of documents) {
    const { apiVersion, kind, metadata } = document.head
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    const key = [group, kind, metadata.namespace ?? '', metadata.name].join('\n')
    const first = seen.get(key)
    if (first !== undefined) {
      throw new InputError(`${formatObject({ apiVersion, kind, ...metadata })} stands twice in the input`, {
        where: `${placeOf(first)} and ${placeOf(document)}`,
        remedy: 'give one of them another name or namespace',
      })
    }
    seen.set(key, document)
  }
}

const placeOf = ({ source }: Document): string => `${source.file}:${source.line}`
