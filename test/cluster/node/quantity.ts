/**
 * Kubernetes quantities as plain numbers.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
const multipliers: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
}

/** The number that a quantity stands for: bytes for memory and storage, cores for CPU. Throws on anything else. */
export function parseQuantity(quantity: string): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTP]|[KMGTP]i)?$/.exec(quantity)
  const multiplier = multipliers[match?.[2] ?? '']
  if (match === null || multiplier === undefined) throw new Error(`not a quantity: ${JSON.stringify(quantity)}`)
  return Number(match[1]) * multiplier
}
