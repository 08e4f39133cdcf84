/**
 * Kubernetes quantities, exactly: decimal and binary suffixes, exponents, no floating point.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

const NANO = 1_000_000_000n
const INT64_MAX = 9_223_372_036_854_775_807n
const MAXIMUM = INT64_MAX * NANO

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

const SYNTAX = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/

/** A quantity in billionths of its unit; compare and add these. */
export type NanoUnits = bigint

/**
 * Parses a quantity as the API server does: fractions below one billionth are rounded away from zero, and what does
 * not fit 64 bits becomes the largest amount that does.
 * @returns billionths of the unit, or `undefined` where the text is no quantity
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go
 */
export function parseQuantity(text: string | number): NanoUnits | undefined {
  const match = SYNTAX.exec(String(text))
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponentMark, exponent = '0', suffix = ''] = match
  const nano = magnitude(
    BigInt(whole + fraction),
    fraction.length,
    exponentMark === undefined ? 0 : Number(exponent),
    suffix,
  )
  return sign === '-' ? -nano : nano
}

function magnitude(digits: bigint, fractionDigits: number, exponent: number, suffix: string): NanoUnits {
  if (digits === 0n) return 0n
  const [suffixNumerator, suffixDenominator] = MULTIPLIERS[suffix] ?? [1n, 1n]
  const power = exponent - fractionDigits
  // Far outside of what any number of digits could bring back: no power of that size is computed.
  if (exponent > fractionDigits + 30) return MAXIMUM
  if (exponent < -(digits.toString().length + 30)) return 1n
  const numerator = digits * suffixNumerator * NANO * (power > 0 ? 10n ** BigInt(power) : 1n)
  const denominator = suffixDenominator * (power < 0 ? 10n ** BigInt(-power) : 1n)
  const nano = (numerator + denominator - 1n) / denominator
  return nano > MAXIMUM ? MAXIMUM : nano
}

/** The whole units (bytes for memory and storage) of a quantity, rounded up; `undefined` as `parseQuantity`. */
export function quantityUnits(text: string | number): bigint | undefined {
  const nano = parseQuantity(text)
  if (nano === undefined) return undefined
  return nano > 0n ? (nano + NANO - 1n) / NANO : nano / NANO
}

/** Whether two texts are the same amount: `1024Mi` and `1Gi`, `1000m` and `1`. */
export function isSameQuantity(left: string | number, right: string | number): boolean {
  const amount = parseQuantity(left)
  return amount !== undefined && amount === parseQuantity(right)
}
