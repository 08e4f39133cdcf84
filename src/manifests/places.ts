import { isDeepStrictEqual } from 'node:util'
import { itemsOf } from './list.ts'
import { readAnyYaml } from './yaml-library.ts'
import type { LocatedYaml } from './yaml-library.ts'

/** A path from the root of a document. */
type Path = readonly (string | number)[]

/**
 * Where the values of one file stand. Only errors ask for that, so it is found out then, from the text as it is then:
 * neither the text nor a tree with places is kept.
 */
export class Places {
  /** The file that was asked for last: errors come file by file, and a tree is ten times as large as its text. */
  static #latest: Places | undefined

  readonly #file: string
  readonly #text: () => string
  #documents: readonly LocatedYaml[] | undefined

  /** @param text gives the text of the file once more */
  constructor(file: string, text: () => string) {
    this.#file = file
    this.#text = text
  }

  /**
   * Line of the value at that path, or of the nearest parent that exists.
   * @param document its number among the documents that are not empty, from 0
   * @param root path of the object in the document, for an item of a List
   * @param expected the object; where another one stands there by now, the file has changed
   * @returns `undefined` where the file has changed
   */
  lineOf(document: number, root: Path, expected: unknown, path: Path): number | undefined {
    const located = this.#located()[document]
    if (located === undefined) return undefined
    const [, index] = root
    const found = typeof index === 'number' ? itemsOf(located.value)?.[index] : located.value
    return isDeepStrictEqual(found, expected) ? located.lineOf([...root, ...path]) : undefined
  }

  #located(): readonly LocatedYaml[] {
    if (Places.#latest !== this && Places.#latest !== undefined) Places.#latest.#documents = undefined
    Places.#latest = this
    try {
      this.#documents ??= readAnyYaml(this.#text(), this.#file)
    } catch {
      // It could be read before, so it has changed; the error that is being reported matters more.
      this.#documents = []
    }
    return this.#documents
  }
}
