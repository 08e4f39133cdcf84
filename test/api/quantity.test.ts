import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSameQuantity, parseQuantity, quantityUnits } from '../../src/api/quantity.ts'

const NANO = 1_000_000_000n
const LARGEST = 9_223_372_036_854_775_807n * NANO

describe('a quantity', () => {
  test.each([
    ['1', NANO],
    ['0', 0n],
    ['-0', 0n],
    ['+5', 5n * NANO],
    ['1n', 1n],
    ['1u', 1000n],
    ['1m', 1_000_000n],
    ['1k', 1000n * NANO],
    ['1M', 10n ** 6n * NANO],
    ['1G', 10n ** 9n * NANO],
    ['1T', 10n ** 12n * NANO],
    ['1P', 10n ** 15n * NANO],
    ['1E', 10n ** 18n * NANO],
    ['1Ki', 2n ** 10n * NANO],
    ['1Mi', 2n ** 20n * NANO],
    ['1Gi', 2n ** 30n * NANO],
    ['1Ti', 2n ** 40n * NANO],
    ['1Pi', 2n ** 50n * NANO],
    ['1Ei', 2n ** 60n * NANO],
    ['1.5Gi', 3n * 2n ** 29n * NANO],
    ['.5Gi', 2n ** 29n * NANO],
    ['5.', 5n * NANO],
    ['1e3', 1000n * NANO],
    ['1E3', 1000n * NANO],
    ['1e+3', 1000n * NANO],
    ['1e-3', 1_000_000n],
    ['1e0010', 10n ** 10n * NANO],
    ['0.1', NANO / 10n],
    ['-1.5', -1_500_000_000n],
  ])('%s is exact', (text, nano) => {
    expect(parseQuantity(text)).toBe(nano)
  })

  test.each([
    '',
    ' ',
    '.',
    '-',
    '+',
    '1 Gi',
    '10GB',
    '1.5.Gi',
    'Gi',
    '1ki',
    '1K',
    '1gi',
    '1e',
    '1e1.5',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '١',
    '1Gi\n',
  ])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined()
    expect(quantityUnits(text)).toBeUndefined()
  })

  test.each(['9223372036854775807', '9223372036854775808', '9Ei', '8Ei', '1e400', '1e999999999'])(
    '%s is the largest amount, as in the API server',
    (text) => {
      expect(parseQuantity(text)).toBe(LARGEST)
      expect(parseQuantity(`-${text}`)).toBe(-LARGEST)
    },
  )

  test.each(['1e-10', '0.0000000001', '1e-999999999'])(
    '%s is rounded up to a billionth, not down to nothing',
    (text) => {
      expect(parseQuantity(text)).toBe(1n)
    },
  )

  test('an exponent cannot make nothing into something', () => {
    expect(parseQuantity('0e999999999')).toBe(0n)
  })

  test('counts whole units upwards', () => {
    expect(quantityUnits('100m')).toBe(1n)
    expect(quantityUnits('1.5')).toBe(2n)
    expect(quantityUnits('-1.5')).toBe(-1n)
    expect(quantityUnits('1Ki')).toBe(1024n)
    expect(quantityUnits(7)).toBe(7n)
  })

  test('is the same amount however it is written', () => {
    expect(isSameQuantity('1024Mi', '1Gi')).toBe(true)
    expect(isSameQuantity('1000m', 1)).toBe(true)
    expect(isSameQuantity('1G', '1Gi')).toBe(false)
    expect(isSameQuantity('lots', 'lots')).toBe(false)
  })
})

const SUFFIXES: readonly (readonly [suffix: string, multiplier: bigint])[] = [
  ['', 1n],
  ['k', 10n ** 3n],
  ['M', 10n ** 6n],
  ['G', 10n ** 9n],
  ['Ki', 1n << 10n],
  ['Mi', 1n << 20n],
  ['Gi', 1n << 30n],
]

describe('for any number', () => {
  test('a whole amount is its number times its suffix', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
        fc.constantFrom(...SUFFIXES),
        (number, [suffix, factor]) => {
          expect(parseQuantity(`${number}${suffix}`)).toBe(number * factor * NANO)
        },
      ),
    )
  })

  test('a fraction is the exact quotient, rounded away from zero', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 6n }),
        fc.stringMatching(/^\d{0,18}$/),
        fc.constantFrom(...SUFFIXES),
        (whole, fraction, [suffix, factor]) => {
          const scale = 10n ** BigInt(fraction.length)
          const numerator = (whole * scale + BigInt(fraction === '' ? '0' : fraction)) * factor * NANO
          const expected = numerator / scale + (numerator % scale === 0n ? 0n : 1n)
          expect(parseQuantity(`${whole}.${fraction}${suffix}`)).toBe(expected)
          expect(parseQuantity(`-${whole}.${fraction}${suffix}`)).toBe(-expected)
        },
      ),
    )
  })

  test('an exponent moves the point', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.integer({ min: 0, max: 9 }), (number, power) => {
        expect(parseQuantity(`${number}e${power}`)).toBe(number * 10n ** BigInt(power) * NANO)
        expect(parseQuantity(`${number}e-${power}`)).toBe((number * NANO) / 10n ** BigInt(power))
      }),
    )
  })

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const nano = parseQuantity(text)
        expect(nano === undefined || (nano <= LARGEST && nano >= -LARGEST)).toBe(true)
      }),
    )
  })
})
