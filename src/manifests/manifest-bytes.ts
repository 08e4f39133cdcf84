import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InputError } from '../api/input-error.ts'
import { unreadable } from './unreadable.ts'

/** Largest input that is read, in bytes: more than any manifest needs, less than would fill the memory. */
const MAXIMUM_BYTES = 64 * 1024 * 1024
/** Most files fit, in bytes. */
const INITIAL_BYTES = 256 * 1024

/** Reads one file after the other into the same memory: a buffer for each would be garbage as large as the set. */
export class ManifestBytes {
  #memory = Buffer.allocUnsafeSlow(INITIAL_BYTES)

  /**
   * What a file holds, in UTF-8. It stands there until the next one is read.
   * @throws InputError where it cannot be read, is larger than 64 MiB, or is not UTF-8
   */
  of(file: string): Buffer {
    const bytes = this.#read(file)
    if (!isUtf8(bytes)) throw new InputError(`${file} is not UTF-8`, { where: file, remedy: 'save it as UTF-8' })
    return bytes
  }

  #read(file: string): Buffer {
    let descriptor: number | undefined
    try {
      descriptor = openSync(file, 'r')
      return this.#filled(file, descriptor)
    } catch (cause) {
      throw cause instanceof InputError ? cause : unreadable(file, cause)
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  #filled(file: string, descriptor: number): Buffer {
    this.#reserve(file, fstatSync(descriptor).size, 0)
    for (let length = 0; ;) {
      const count = readSync(descriptor, this.#memory, length, this.#memory.length - length, null)
      if (count === 0) return this.#memory.subarray(0, length)
      length += count
      // The file may be growing.
      this.#reserve(file, length, length)
    }
  }

  /** Makes room for more than `length` bytes, of which some are there. */
  #reserve(file: string, length: number, filled: number): void {
    if (length > MAXIMUM_BYTES) throw tooLarge(file)
    if (length < this.#memory.length) return
    const larger = Buffer.allocUnsafeSlow(Math.min(length * 2, MAXIMUM_BYTES) + 1)
    this.#memory.copy(larger, 0, 0, filled)
    this.#memory = larger
  }
}

/**
 * What came from standard input.
 * @throws InputError where it is larger than 64 MiB
 */
export function bytesOfInput(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > MAXIMUM_BYTES) throw tooLarge('-')
  return bytes
}

/** The text of bytes, without a mark of byte order. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}

function tooLarge(file: string): InputError {
  return new InputError(`${file} is larger than 64 MiB`, { where: file, remedy: 'split it' })
}
