/** What stands before the items of a list. */
const OPENING = '"items":['

/** How the API server begins an object: what it is, where the list does not say so, and its metadata. */
const BEGINNING = /^\{(?:"(?:apiVersion|kind)":"[^"\\]*",)*"metadata":\{/

/** Where the managers of an object begin, the last field of its metadata. No text in JSON holds these quotes. */
const MANAGERS = ',"managedFields":['

/** So many characters hold a beginning, whatever the group and the kind are called. */
const LONGEST_BEGINNING = 1000

/** Who is told of the items of a list. */
export interface ItemSink {
  /** Told of each item in their order; must not throw. */
  take(item: unknown): void
  /**
   * Of objects that are nothing but metadata, `managedFields` are not parsed: they are the larger part of it.
   * @default false
   */
  readonly withoutManagers?: boolean
}

/**
 * Takes the items out of the JSON of a list while it comes, so that nobody holds a page of megabytes, and each item can
 * be forgotten before the next one is parsed.
 *
 * No item is searched for its end brace by brace. All begin alike, so where a `}` stands before such a beginning, one
 * may end; it does where the text up to there is a complete JSON value, which no part of a longer one can be.
 *
 * A text that is not written as the API server writes lists is left as it is, for whoever reads the rest.
 */
export class ListItems {
  readonly #sink: ItemSink
  /** What stands before the items. */
  #head = ''
  /** From the beginning of an item on; all of the text where no item has begun yet. */
  #text = ''
  /** What stands between two items, with the beginning of the second. */
  #separator: string | undefined

  constructor(sink: ItemSink) {
    this.#sink = sink
  }

  /** Takes more of the text. */
  write(text: string): void {
    const seen = this.#separator === undefined ? 0 : this.#text.length
    this.#text += text
    this.#separator ??= this.#begin()
    if (this.#separator !== undefined) this.#take(this.#separator, Math.max(0, seen - this.#separator.length))
  }

  /** @returns the text without the items that were told of: a list without items, where they all were */
  end(): string {
    if (this.#separator === undefined) return this.#text
    for (let at = this.#text.lastIndexOf('}]'); at >= 0; at = this.#text.lastIndexOf('}]', at - 1)) {
      const item = this.#itemOf(this.#text.slice(0, at + 1))
      if (item === undefined) continue
      this.#sink.take(item)
      return this.#head + this.#text.slice(at + 1)
    }
    return this.#head + this.#text
  }

  #begin(): string | undefined {
    const opening = this.#text.indexOf(OPENING)
    if (opening < 0) return undefined
    const start = opening + OPENING.length
    const beginning = BEGINNING.exec(this.#text.slice(start, start + LONGEST_BEGINNING))?.[0]
    if (beginning === undefined) return undefined
    this.#head = this.#text.slice(0, start)
    this.#text = this.#text.slice(start)
    return `},${beginning}`
  }

  /** @returns the value of a text; `undefined` where it is not a whole item */
  #itemOf(text: string): unknown {
    const managers = this.#sink.withoutManagers === true ? text.indexOf(MANAGERS) : -1
    const short = managers < 0 || !text.endsWith(']}}') ? undefined : valueOf(`${text.slice(0, managers)}}}`)
    return short ?? valueOf(text)
  }

  /** @param from where the first separator can be that was not seen yet */
  #take(separator: string, from: number): void {
    let start = 0
    for (let at = this.#text.indexOf(separator, from); at >= 0; at = this.#text.indexOf(separator, at + 1)) {
      const item = this.#itemOf(this.#text.slice(start, at + 1))
      if (item === undefined) continue
      start = at + '},'.length
      this.#sink.take(item)
    }
    if (start > 0) this.#text = this.#text.slice(start)
  }
}

/** @returns the value of a JSON text; `undefined` where the text is not a whole one */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
