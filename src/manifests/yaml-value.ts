/** The value of one document of a text, with the places that are needed at once. */
export interface YamlValue {
  /** Neither null nor undefined. */
  readonly value: unknown
  /** Line of the first key, from 1. */
  readonly line: number
  /** Lines of the items of a `List`. */
  readonly itemLines: readonly number[] | undefined
}
