import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expand } from './expansion.ts'

// The table of the kubelet's own test, third_party/forked/golang/expansion/expand_test.go.
const variables = { VAR_A: 'A', VAR_B: 'B', VAR_C: 'C', VAR_REF: '$(VAR_A)', VAR_EMPTY: '' }
const kubeletCases: readonly (readonly [input: string, output: string])[] = [
  ['$(VAR_A)', 'A'],
  ['___$(VAR_B)___', '___B___'],
  ['___$(VAR_C)', '___C'],
  ['$(VAR_A)-$(VAR_A)', 'A-A'],
  ['$(VAR_A)_$(VAR_B)_$(VAR_C)', 'A_B_C'],
  ['$$(VAR_B)_$(VAR_A)', '$(VAR_B)_A'],
  ['$$(VAR_A)_$$(VAR_B)', '$(VAR_A)_$(VAR_B)'],
  ['f000-$$VAR_A', 'f000-$VAR_A'],
  ['foo\\$(VAR_C)bar', 'foo\\Cbar'],
  ['foo\\\\$(VAR_C)bar', 'foo\\\\Cbar'],
  ['foo\\\\\\\\$(VAR_A)bar', 'foo\\\\\\\\Abar'],
  ['$(VAR_A$(VAR_B))', '$(VAR_A$(VAR_B))'],
  ['$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
  ['$(VAR_REF)', '$(VAR_A)'],
  ['%%$(VAR_REF)--$(VAR_REF)%%', '%%$(VAR_A)--$(VAR_A)%%'],
  ['foo$(VAR_EMPTY)bar', 'foobar'],
  ['foo$(VAR_Awhoops!', 'foo$(VAR_Awhoops!'],
  ['f00__(VAR_A)__', 'f00__(VAR_A)__'],
  ['$?_boo_$!', '$?_boo_$!'],
  ['$VAR_A', '$VAR_A'],
  ['$(VAR_DNE)', '$(VAR_DNE)'],
  ['$$$$$$(BIG_MONEY)', '$$$(BIG_MONEY)'],
  ['$$$$$$(VAR_A)', '$$$(VAR_A)'],
  ['$$$$$$$(GOOD_ODDS)', '$$$$(GOOD_ODDS)'],
  ['$$$$$$$(VAR_A)', '$$$A'],
  ['$VAR_A)', '$VAR_A)'],
  ['${VAR_A}', '${VAR_A}'],
  ['$(VAR_B)_______$(A', 'B_______$(A'],
  ['$(VAR_C)_______$(', 'C_______$('],
  ['$(VAR_A)foobarzab$', 'Afoobarzab$'],
  ['foobarzab\\$(VAR_A)', 'foobarzab\\A'],
  ['$', '$'],
  ['', ''],
]

describe('expanding references', () => {
  test.each(kubeletCases)('%j becomes %j, as in the kubelet', (input, output) => {
    expect(expand(input, variables)).toBe(output)
  })

  test('text without a dollar stays as it is', () => {
    assert(
      property(
        string({ unit: 'grapheme' }).filter((text) => !text.includes('$')),
        (text) => {
          expect(expand(text, variables)).toBe(text)
        },
      ),
    )
  })

  test('a doubled text comes out single', () => {
    assert(
      property(string({ unit: 'grapheme' }), (text) => {
        expect(expand(text.replaceAll('$', '$$$$'), variables)).toBe(text)
      }),
    )
  })

  test('names of object methods are not variables', () => {
    expect(expand('$(toString)', variables)).toBe('$(toString)')
  })
})
