import { describe, expect, test } from 'vitest'
import { parseArguments } from '../../src/commands/arguments.ts'
import { CLUSTER_FLAGS, COMMON_FLAGS, INPUT_FLAGS, WAIT_FLAGS } from '../../src/commands/flags.ts'
import type { Flags } from '../../src/commands/flags.ts'

const FLAGS: Flags = {
  ...INPUT_FLAGS,
  ...CLUSTER_FLAGS,
  ...WAIT_FLAGS,
  'dry-run': { type: 'string', value: 'WHERE', help: '' },
  ...COMMON_FLAGS,
}
const parse = (...argv: string[]): ReturnType<typeof parseArguments> => parseArguments(argv, FLAGS, 1)

describe('arguments', () => {
  test.each<[argv: string[], values: object]>([
    [[], {}],
    [['--namespace', 'shop'], { namespace: 'shop' }],
    [['--namespace=shop'], { namespace: 'shop' }],
    [['-n', 'shop'], { namespace: 'shop' }],
    [['-nshop'], { namespace: 'shop' }],
    [['-qv'], { quiet: true, verbose: true }],
    [['--wait'], { wait: true }],
    [['--no-wait'], { wait: false }],
    [['-f', 'a', '--filename', 'b', '--filename=c'], { filename: ['a', 'b', 'c'] }],
    [['-f', '-'], { filename: ['-'] }],
    [['--dry-run'], { 'dry-run': 'server' }],
    [['--dry-run', '-q'], { 'dry-run': 'server', quiet: true }],
    [['--dry-run=none'], { 'dry-run': 'none' }],
    [['--dry-run=server'], { 'dry-run': 'server' }],
    [['--dry-run', 'server'], { 'dry-run': 'server' }],
    [['--dry-run', 'none', '-q'], { 'dry-run': 'none', quiet: true }],
    [['--dry-run', 'client'], { 'dry-run': 'client' }],
    [['--namespace=-odd'], { namespace: '-odd' }],
    [['--context=a=b'], { context: 'a=b' }],
  ])('%j are read', (argv, values) => {
    expect(parse(...argv)).toEqual({ values, positionals: [] })
  })

  test('after -- are names, whatever they look like', () => {
    expect(parse('-q', '--', '--dry-run')).toEqual({ values: { quiet: true }, positionals: ['--dry-run'] })
  })

  test('may stand before and after flags', () => {
    expect(parse('orders', '-q')).toEqual({ values: { quiet: true }, positionals: ['orders'] })
  })

  test.each<[argv: string[], message: string, remedy: string]>([
    [['--namesapce', 'shop'], 'unknown flag --namesapce', 'did you mean --namespace?'],
    [['--no-wiat'], 'unknown flag --no-wiat', 'did you mean --wait?'],
    [['--replicas', '3'], 'unknown flag --replicas', 'see --help'],
    [['-x'], 'unknown flag -x', 'see --help'],
    [['-qx'], 'unknown flag -x', 'see --help'],
    [['--toString'], 'unknown flag --toString', 'see --help'],
    [['--constructor=x'], 'unknown flag --constructor', 'see --help'],
    [['--no-color'], 'unknown flag --no-color', 'did you mean --color?'],
    [['--namespace', 'a', '--namespace', 'b'], '--namespace is given twice', 'keep one of them'],
    [['-n', 'a', '--namespace=b'], '--namespace is given twice', 'keep one of them'],
    [['-n', 'a', '-n', 'b'], '--namespace is given twice', 'keep one of them'],
    [['--wait', '--no-wait'], '--wait is given twice', 'keep one of them'],
    [['--namespace', ''], '--namespace has an empty value', 'give it one, or leave --namespace out'],
    [['--namespace='], '--namespace has an empty value', 'give it one, or leave --namespace out'],
    [['-f', ''], '-f has an empty value', 'give it one, or leave -f out'],
    [['--namespace'], '--namespace needs a value', 'write --namespace NAME; see --help'],
    [['--namespace', '--quiet'], '--namespace needs a value', 'write --namespace NAME; see --help'],
    [['--wait=false'], '--wait takes no value', 'write --wait alone, or leave it out'],
    [['orders', 'billing'], 'unexpected argument billing', 'files are named with -f; see --help'],
  ])('%j are refused', (argv, message, remedy) => {
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ name: 'InputError', message, remedy }))
  })
})
