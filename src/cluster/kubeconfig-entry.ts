import { KubeconfigError } from './errors.ts'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/**
 * One mapping of a kubeconfig file, read field by field. A field of the wrong type is an error that names file and path,
 * never the value: values here are secrets more often than not. Unknown fields are ignored, as kubectl does.
 */
export class KubeconfigEntry {
  readonly where: string
  readonly #fields: JsonObject

  /** @throws {@link KubeconfigError} when `value` is not a mapping */
  constructor(value: unknown, where: string) {
    if (!isJsonObject(value)) {
      throw new KubeconfigError(`expected a mapping, found ${describe(value)}`, { where })
    }
    this.where = where
    this.#fields = value
  }

  /** A string that is present and not empty, as kubectl reads it: an empty one counts as absent. */
  text(key: string): string | undefined {
    const value = this.#fields[key] ?? undefined
    if (value === undefined || value === '') return undefined
    if (typeof value !== 'string') throw this.#mismatch(key, 'a string', value)
    return value
  }

  flag(key: string): boolean {
    const value = this.#fields[key] ?? false
    if (typeof value !== 'boolean') throw this.#mismatch(key, 'true or false', value)
    return value
  }

  texts(key: string): readonly string[] {
    return this.#list(key).map((item) => {
      if (typeof item !== 'string') throw this.#mismatch(key, 'a list of strings', item)
      return item
    })
  }

  entry(key: string): KubeconfigEntry | undefined {
    const value = this.#fields[key] ?? undefined
    return value === undefined ? undefined : new KubeconfigEntry(value, `${this.where}.${key}`)
  }

  entries(key: string): readonly KubeconfigEntry[] {
    return this.#list(key).map((item, index) => new KubeconfigEntry(item, `${this.where}.${key}[${index}]`))
  }

  /** The same mapping, reported under another place. */
  at(where: string): KubeconfigEntry {
    return new KubeconfigEntry(this.#fields, where)
  }

  keys(): readonly string[] {
    return Object.keys(this.#fields)
  }

  /** A named entry of `extensions`, as it stands. */
  extension(name: string): unknown {
    return this.#list('extensions')
      .filter(isJsonObject)
      .find((item) => item['name'] === name)?.['extension']
  }

  /** An error about this entry, or about one field of it. */
  problem(message: string, key?: string, hint?: string): KubeconfigError {
    const where = key === undefined ? this.where : `${this.where}.${key}`
    return new KubeconfigError(message, { where, ...(hint === undefined ? {} : { hint }) })
  }

  #list(key: string): readonly unknown[] {
    const value = this.#fields[key] ?? []
    if (!Array.isArray(value)) throw this.#mismatch(key, 'a list', value)
    return value
  }

  #mismatch(key: string, expected: string, value: unknown): KubeconfigError {
    return this.problem(`expected ${expected}, found ${describe(value)}`, key)
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value === 'object' ? 'mapping' : typeof value}`
}
