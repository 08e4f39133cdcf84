import { Words } from './words.ts'

/** A block scalar as it stands in a text, and what it means. */
export interface KnownBlock {
  /** Its lines, the last line break included. */
  readonly raw: Buffer
  /** Indentation of its content. */
  readonly indent: number
  readonly lines: number
  readonly value: string
}

/** Scripts of one set that begin with the same lines are few; what is compared in vain costs time. */
const BLOCKS_OF_ONE_BEGINNING = 8
/** Bounds the memory that remembered blocks may keep. */
const MAXIMUM_BEGINNINGS = 64

/** The strings of one run. Manifests say the same again and again: every text is kept once. */
export class SharedStrings {
  /** Texts that stand in the manifests as they are. */
  readonly words = new Words()
  readonly #texts = new Map<string, string>()
  readonly #blocks = new Map<string, KnownBlock[]>()

  /** The one copy of a text that stands there otherwise, with escapes or indented. */
  text(text: string): string {
    const known = this.#texts.get(text)
    if (known === undefined) this.#texts.set(text, text)
    return known ?? text
  }

  /** Blocks that began like this one. */
  blocks(beginning: string): readonly KnownBlock[] {
    return this.#blocks.get(beginning) ?? []
  }

  /** Remembers a block for the next text that holds it. */
  remember(beginning: string, block: KnownBlock): void {
    const blocks = this.#blocks.get(beginning)
    const copy = { ...block, raw: Buffer.from(block.raw) }
    if (blocks === undefined) {
      if (this.#blocks.size < MAXIMUM_BEGINNINGS) this.#blocks.set(beginning, [copy])
    } else if (blocks.length < BLOCKS_OF_ONE_BEGINNING) blocks.push(copy)
  }
}
