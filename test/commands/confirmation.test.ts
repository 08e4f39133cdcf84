import { describe, expect, test } from 'vitest'
import { rerunOf } from '../../src/commands/command-line.ts'
import { confirmation } from '../../src/commands/confirmation.ts'
import { COMMON_FLAGS, INPUT_FLAGS, TAKING_FLAGS, WAIT_FLAGS } from '../../src/commands/flags.ts'

describe('a confirmation', () => {
  test('is given beforehand by --yes, and nobody is asked', async () => {
    const ask = (): Promise<string> => Promise.reject(new Error('asked'))
    expect(await confirmation({ yes: true }, { ask })('Really?')).toBe(true)
  })

  test('is no without a terminal', async () => {
    expect(await confirmation({}, {})('Really?')).toBe(false)
  })

  test.each([
    ['y', true],
    ['YES ', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
  ])('on a terminal "%s" means %s', async (answer, expected) => {
    const questions: string[] = []
    const ask = (question: string): Promise<string> => {
      questions.push(question)
      return Promise.resolve(answer)
    }
    expect(await confirmation({}, { ask })('Really?')).toBe(expected)
    expect(questions).toEqual(['Really? [y/N] '])
  })
})

describe('the command line to paste', () => {
  const flags = { ...INPUT_FLAGS, ...WAIT_FLAGS, ...TAKING_FLAGS, ...COMMON_FLAGS }

  test('has the flags that were given, quoted for a shell, and one more, once', () => {
    const values = { filename: ['dist', "it's mine"], wait: false, timeout: '90s', 'take-over': true }
    expect(rerunOf('apply', flags, values, { environment: {} })('--take-over')).toBe(
      String.raw`cdk8s-database apply -f dist -f 'it'\''s mine' --no-wait --timeout=90s --take-over`,
    )
  })

  test('starts as the one that was typed', () => {
    const rerun = rerunOf('apply', flags, {}, { environment: { npm_lifecycle_event: 'apply' } })
    expect(rerun('--yes')).toBe('npm run apply -- --yes')
  })
})
