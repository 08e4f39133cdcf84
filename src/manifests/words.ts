import { resolvePlainScalar } from './yaml-scalars.ts'

const UNRESOLVED = Symbol('unresolved')

/** A text that stands somewhere in the manifests. */
class Word {
  readonly text: string
  #value: unknown = UNRESOLVED

  constructor(text: string) {
    this.text = text
  }

  /** What it means without quotes; `undefined` where it means nothing that JSON can say. */
  get value(): unknown {
    if (this.#value === UNRESOLVED) this.#value = resolvePlainScalar(this.text)
    return this.#value
  }
}

/** A word in ASCII with its place in the table. */
interface Entry {
  readonly word: Word
  readonly hash: number
  /** Where its bytes stand. */
  readonly begin: number
  readonly end: number
}

/** Slots at first; a power of two. */
const INITIAL_SLOTS = 4096
/** Bytes at first. */
const INITIAL_BYTES = 64 * 1024

/**
 * Finds the word that stands between two places of a text, without making a string of it as a Map would need. Words
 * repeat; to slice, hash and compare strings would be most of the time of reading.
 *
 * A hash table with linear probing for words in ASCII, a Map for the few others.
 */
export class Words {
  #slots: (Entry | undefined)[] = Array.from({ length: INITIAL_SLOTS })
  #count = 0
  /** The words in ASCII, one after the other. */
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #end = 0
  readonly #others = new Map<string, Word>()

  /** The word between two places of a text. */
  at(bytes: Buffer, begin: number, end: number): Word {
    // FNV-1a.
    let hash = 0x811c9dc5 | 0
    let bits = 0
    for (let at = begin; at < end; at += 1) {
      const code = bytes[at] ?? 0
      bits |= code
      hash = Math.imul(hash ^ code, 0x01000193)
    }
    if (bits > 0x7f) return this.#other(bytes.toString('utf8', begin, end))
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]
      if (entry === undefined) return this.#add(slot, hash, bytes.subarray(begin, end))
      if (entry.hash === hash && this.#isAt(entry, bytes, begin, end)) return entry.word
    }
  }

  #isAt(entry: Entry, bytes: Buffer, begin: number, end: number): boolean {
    if (entry.end - entry.begin !== end - begin) return false
    const known = this.#bytes
    const shift = entry.begin - begin
    for (let at = begin; at < end; at += 1) {
      if (bytes[at] !== known[at + shift]) return false
    }
    return true
  }

  #add(slot: number, hash: number, bytes: Buffer): Word {
    if (this.#end + bytes.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe((this.#end + bytes.length) * 2)
      this.#bytes.copy(larger, 0, 0, this.#end)
      this.#bytes = larger
    }
    bytes.copy(this.#bytes, this.#end)
    const word = new Word(bytes.toString('latin1'))
    this.#slots[slot] = { word, hash, begin: this.#end, end: this.#end + bytes.length }
    this.#end += bytes.length
    this.#count += 1
    if (this.#count * 2 > this.#slots.length) this.#grow()
    return word
  }

  #grow(): void {
    const slots: (Entry | undefined)[] = Array.from({ length: this.#slots.length * 2 })
    const mask = slots.length - 1
    for (const entry of this.#slots) {
      if (entry === undefined) continue
      let slot = entry.hash & mask
      while (slots[slot] !== undefined) slot = (slot + 1) & mask
      slots[slot] = entry
    }
    this.#slots = slots
  }

  #other(text: string): Word {
    const known = this.#others.get(text)
    if (known !== undefined) return known
    const word = new Word(text)
    this.#others.set(text, word)
    return word
  }
}
