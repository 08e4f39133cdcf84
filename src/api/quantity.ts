/**
 * Kubernetes quantities, exactly: decimal and binary suffixes, exponents, no floating point.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

const NANO = 1_000_000_000n
const INT64_MAX = 9_223_372_036_854_775_807n

const MULTIPLIERS: Readonly<Record<string, readonly [numerator: bigint, denominator: bigint]>> = {
  n: [1n, 1_000_000_000n],
  u: [1n, 1_000_000n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [10n ** 3n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  T: [10n ** 12n, 1n],
  P: [10n ** 15n, 1n],
  E: [10n ** 18n, 1n],
  Ki: [2n ** 10n, 1n],
  Mi: [2n ** 20n, 1n],
  Gi: [2n ** 30n, 1n],
  Ti: [2n ** 40n, 1n],
  Pi: [2n ** 50n, 1n],
  Ei: [2n ** 60n, 1n],
}

const SYNTAX = /^([+-]?)(\d+)(?:\.(\d*))?(?:([eE])([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/

/** A quantity in billionths of its unit; compare and add these. */
export type NanoUnits = bigint

/**
 * Parses a quantity. Fractions below one billionth are rounded up, as the API server does.
 * @returns billionths of the unit, or `undefined` where the text is no quantity or does not fit 64 bits.
 */
export function parseQuantity(text: string | number): NanoUnits | undefined {
  const match = SYNTAX.exec(String(text))
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponentMark, exponent = '0', suffix = ''] = match
  const [suffixNumerator, suffixDenominator] = MULTIPLIERS[suffix] ?? [1n, 1n]
  const power = exponentMark === undefined ? 0 : Number(exponent)
  const scale = BigInt(fraction.length) + (power < 0 ? BigInt(-power) : 0n)
  const numerator = BigInt(whole + fraction) * suffixNumerator * NANO * (power > 0 ? 10n ** BigInt(power) : 1n)
  const denominator = suffixDenominator * 10n ** scale
  const nano = (numerator + denominator - 1n) / denominator
  if (nano / NANO > INT64_MAX) return undefined
  return sign === '-' ? -nano : nano
}

/** The whole units (bytes for memory and storage) of a quantity, rounded up; `undefined` as `parseQuantity`. */
export function quantityUnits(text: string | number): bigint | undefined {
  const nano = parseQuantity(text)
  return nano === undefined ? undefined : (nano + NANO - 1n) / NANO
}

/** Whether two texts are the same amount: `1024Mi` and `1Gi`, `1000m` and `1`. */
export function isSameQuantity(left: string | number, right: string | number): boolean {
  const amount = parseQuantity(left)
  return amount !== undefined && amount === parseQuantity(right)
}
