import { resolvePlainScalar } from './yaml-scalars.ts'

/** A block scalar as it stands in a text, and what it means. */
export interface KnownBlock {
  /** Its lines, the last line break included. */
  readonly raw: string
  /** Indentation of its content. */
  readonly indent: number
  readonly lines: number
  readonly value: string
}

/** Scripts of one set that begin with the same line are few; what is compared in vain costs time. */
const BLOCKS_OF_ONE_BEGINNING = 8
/** Bounds the memory that remembered blocks may keep. */
const MAXIMUM_BEGINNINGS = 64

/**
 * The strings of one run. Manifests say the same again and again: every text is kept once. None of them is a slice of
 * the text it was read from, which V8 would keep in memory as a whole.
 */
export class SharedStrings {
  readonly #texts = new Map<string, string>()
  readonly #plain = new Map<string, unknown>()
  readonly #blocks = new Map<string, KnownBlock[]>()

  /** The one copy of a text. */
  text(slice: string): string {
    const known = this.#texts.get(slice)
    if (known !== undefined) return known
    const copy = detached(slice)
    this.#texts.set(copy, copy)
    return copy
  }

  /** What an unquoted scalar means; `undefined` where it means nothing that JSON can say. */
  plain(slice: string): unknown {
    const known = this.#plain.get(slice)
    if (known !== undefined) return known
    const copy = this.text(slice)
    const value = resolvePlainScalar(copy)
    if (value !== undefined) this.#plain.set(copy, value)
    return value
  }

  /** Blocks that began like this one. */
  blocks(beginning: string): readonly KnownBlock[] {
    return this.#blocks.get(beginning) ?? []
  }

  /** Remembers a block for the next text that holds it. */
  remember(beginning: string, block: KnownBlock): void {
    const blocks = this.#blocks.get(beginning)
    const copy = { ...block, raw: detached(block.raw) }
    if (blocks === undefined) {
      if (this.#blocks.size < MAXIMUM_BEGINNINGS) this.#blocks.set(detached(beginning), [copy])
    } else if (blocks.length < BLOCKS_OF_ONE_BEGINNING) blocks.push(copy)
  }
}

/** A copy that refers to no other string: through JSON, which keeps lone surrogates too. */
function detached(slice: string): string {
  return JSON.parse(JSON.stringify(slice)) as string
}
