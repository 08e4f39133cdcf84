import { parseQuantity } from './quantity.ts'
import type { Rule } from './rule.ts'

/** Bounds of an amount, as quantities. */
export interface AmountBounds {
  readonly minimum: string
  /** Beyond 64 bits the API server counts every amount as the largest one: nobody means that. */
  readonly maximum: string
  readonly example: string
}

/**
 * Rules for an amount: a quantity, and within bounds.
 * @param self CEL expression of the amount as text
 */
export function amountRules<Value extends string | number>(
  field: string,
  { minimum, maximum, example }: AmountBounds,
  self = 'self',
): Rule<Value>[] {
  return [
    {
      cel: `isQuantity(${self}) && quantity(${self}).compareTo(quantity('${minimum}')) >= 0`,
      message: `${field} must be a quantity of at least ${minimum}, for example ${example}`,
      holds: (value) => (parseQuantity(value) ?? -1n) >= (parseQuantity(minimum) ?? 0n),
    },
    {
      cel: `!isQuantity(${self}) || quantity(${self}).compareTo(quantity('${maximum}')) <= 0`,
      message: `${field} must be at most ${maximum}`,
      holds: (value) => (parseQuantity(value) ?? 0n) <= (parseQuantity(maximum) ?? 0n),
    },
  ]
}
