import type { ScalarTag } from 'yaml'

/**
 * Plain scalars as kubectl reads them: YAML 1.1 in the dialect of go-yaml 2, turned into JSON. `no` is false and `0777`
 * is 511, but `12:30` and `2024-01-01` are text and `1e3` is a number, unlike in YAML 1.1 itself.
 * @see https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go
 */

const INTEGER = /^([-+]?)(0b[01]+|0o?[0-7]+|0x[0-9a-f]+|0|[1-9][0-9]*)$/i
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

function integerOf(text: string): bigint | undefined {
  const [, sign = '', digits = ''] = INTEGER.exec(text.replaceAll('_', '')) ?? []
  if (digits === '') return undefined
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o').toLowerCase())
  return sign === '-' ? -value : value
}

const numberTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?\.?[0-9][0-9a-zA-Z_.+-]*$/,
  resolve(text, onError) {
    const integer = integerOf(text)
    if (integer !== undefined) {
      const exact = BigInt.asIntN(54, integer) === integer
      if (!exact) onError(`the number ${text} is too large to be carried exactly: put it in quotes if it is text`)
      return Number(integer)
    }
    const plain = text.replaceAll('_', '')
    const value = FLOAT.test(plain) ? Number(plain) : Number.NaN
    return Number.isFinite(value) ? value : text
  },
}

/** Tags for the `failsafe` schema, which knows only text, lists and maps by itself. */
export const KUBECTL_SCALARS: ScalarTag[] = [
  {
    tag: 'tag:yaml.org,2002:null',
    default: true,
    test: /^(~|null|Null|NULL)?$/,
    resolve: () => null,
  },
  {
    tag: 'tag:yaml.org,2002:bool',
    default: true,
    test: /^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
    resolve: () => true,
  },
  {
    tag: 'tag:yaml.org,2002:bool',
    default: true,
    test: /^(n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
    resolve: () => false,
  },
  {
    tag: 'tag:yaml.org,2002:float',
    default: true,
    test: /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
    resolve(text, onError) {
      onError(`${text} cannot stand in JSON: put it in quotes if it is text`)
      return text
    },
  },
  numberTag,
  // Only for numbers that say what they are; plain ones have been resolved by the tag before.
  { ...numberTag, tag: 'tag:yaml.org,2002:float' },
]

/**
 * What a plain scalar means, by the same table.
 * @returns `undefined` where it is refused
 */
export function resolvePlainScalar(text: string): string | number | boolean | null | undefined {
  const tag = KUBECTL_SCALARS.find((candidate) => candidate.default === true && candidate.test?.test(text) === true)
  if (tag === undefined) return text
  let isRefused = false
  const value: unknown = tag.resolve(text, () => (isRefused = true), {})
  return isRefused ? undefined : (value as string | number | boolean | null)
}
