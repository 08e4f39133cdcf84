/**
 * Something is wrong with what the user gave. Printed as three lines: what, where, what to type next. Nothing has been
 * written anywhere when it is thrown.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  /** Where: file and line, construct path, flag. */
  readonly where: string | undefined
  /** What to do next, ready to type where that is possible. */
  readonly remedy: string | undefined

  constructor(
    what: string,
    details: { readonly where?: string; readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super(what, details.cause === undefined ? undefined : { cause: details.cause })
    this.where = details.where
    this.remedy = details.remedy
  }
}
