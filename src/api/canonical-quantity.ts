import { parseQuantity } from './quantity.ts'

const NANO = 1_000_000_000n
const KIBI = 1024n
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
/** Beyond it the API server caps, and rounds as it pleases. */
const LARGEST = 2n ** 62n * NANO

/**
 * A quantity as the API server writes it back: `1024Mi` is `1Gi`, `1000m` is `1`, `0.5` is `500m`. The family of the
 * suffix stays, so that two amounts may be equal and yet be written differently (`1Gi`, `1073741824`): then an apply
 * changes the stored text.
 * @returns `undefined` where the text is no quantity, or one that is not surely written like this
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go
 */
export function canonicalQuantity(text: string | number): string | undefined {
  const nano = parseQuantity(text)
  if (nano === undefined || nano < 0n || nano > LARGEST) return undefined
  // Exponents are kept (`1e3`), and their canonical form is nobody's in practice.
  if (/[eE]/.test(String(text).replace(/Ei?$/, ''))) return undefined
  if (nano === 0n) return '0'
  const isBinary = String(text).endsWith('i')
  if (isBinary && nano % NANO === 0n && nano >= KIBI * NANO) return write(nano / NANO, KIBI, BINARY_SUFFIXES)
  return write(nano, 1000n, DECIMAL_SUFFIXES)
}

/** The smallest whole number with the largest suffix. */
function write(amount: bigint, base: bigint, suffixes: readonly string[]): string {
  let [number, step] = [amount, 0]
  while (number % base === 0n && step < suffixes.length - 1) {
    number /= base
    step += 1
  }
  return `${number}${suffixes[step] ?? ''}`
}
