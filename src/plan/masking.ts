import type { KubernetesObject } from '../api/object.ts'
import { hideInText } from '../api/secret-text.ts'
import { hideSecrets } from '../api/secret-values.ts'
import type { FieldDifference } from './difference.ts'
import { parsePath } from './impact-path.ts'

/** What stands where a secret value would; a number follows that is the same for the same value. */
export const MASK = '***'

const MASKED = /^\*\*\* \(#\d+\)$/

/**
 * Takes secret values out of what leaves the plan. That values are the same or differ stays visible: each gets a number
 * in the order in which they are met, the same value the same number. The number says nothing else, unlike a hash or a
 * length, and it means nothing in another run.
 *
 * One for a whole run.
 */
export class Masker {
  readonly #numbers = new Map<string, number>()

  /**
   * An object without its secrets, for a text that compares documents. Differences between two masked objects are
   * masked too, and know the most about where a value stands.
   */
  maskObject<T extends object>(object: T): T {
    return hideSecrets(object, this.#hide) as T
  }

  /** Differences of an object without its secrets. */
  maskDifferences<T extends FieldDifference>(object: Pick<KubernetesObject, 'kind'>, found: readonly T[]): T[] {
    const flagged = new Set(found.flatMap(({ path, before, after }) => ([before, after].some(isFlag) ? [path] : [])))
    return found.map((difference) => {
      const { path, before, after } = difference
      const segments = parsePath(path)
      const mask = (value: unknown): unknown =>
        typeof value === 'string' && this.#isArgument(object, segments, path, flagged)
          ? this.#hide(value)
          : this.maskValue(object, segments, value)
      return { ...difference, before: mask(before), after: mask(after) }
    })
  }

  /**
   * One value of an object without its secrets.
   * @param path keys as they are, items of lists as `[name=x]` or `[0]`
   */
  maskValue(object: Pick<KubernetesObject, 'kind'>, path: readonly string[], value: unknown): unknown {
    return hideSecrets(value, this.#hide, object.kind, path)
  }

  /** A text without the secrets that show by their shape: URIs with a password, assignments, keys. */
  maskText(text: string): string {
    return hideInText(text, this.#hide)
  }

  readonly #hide = (secret: string): string => {
    if (MASKED.test(secret)) return secret
    const number = this.#numbers.get(secret) ?? this.#numbers.size + 1
    this.#numbers.set(secret, number)
    return `${MASK} (#${number})`
  }

  /** Whether an argument follows a flag for a secret, in the object or in what it was before. */
  #isArgument(object: object, segments: readonly string[], path: string, flagged: ReadonlySet<string>): boolean {
    const index = /^\[(\d+)\]$/.exec(segments.at(-1) ?? '')?.[1]
    if (index === undefined) return false
    const before = `[${Number(index) - 1}]`
    if (flagged.has(`${path.slice(0, path.lastIndexOf('['))}${before}`)) return true
    return isFlag(valueAt(object, [...segments.slice(0, -1), before]))
  }
}

const isFlag = (value: unknown): boolean =>
  typeof value === 'string' && /^--?[\w-]*(?:passw|passphrase|token|secret|key)[\w-]*$/i.test(value)

/** The value at a path, where it can be found. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((parent, segment) => {
    if (typeof parent !== 'object' || parent === null) return undefined
    const [, index, key, name] = /^\[(?:(\d+)|([^=\]]+)=([\s\S]*))\]$/.exec(segment) ?? []
    if (index !== undefined) return (parent as Record<string, unknown>)[index]
    if (key === undefined || !Array.isArray(parent)) return (parent as Record<string, unknown>)[segment]
    return parent.find((item: unknown) => String((item as Record<string, unknown> | null)?.[key]) === name)
  }, value)
}
