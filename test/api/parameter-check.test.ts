import { describe, expect, test } from 'vitest'
import { API_VERSION } from '../../src/api/group.ts'
import { checkDatabase } from '../../src/api/parameter-check.ts'
import { CLIENT_CASES, resourceOf, SPEC_CASES } from './specs.ts'

const saidOf = (result: ReturnType<typeof checkDatabase>): readonly string[] =>
  result.ok ? [] : result.issues.map(({ message }) => message)

describe('the check of a Database', () => {
  test.each(CLIENT_CASES)('refuses $title, which the API server accepts', (example) => {
    expect(saidOf(checkDatabase(resourceOf(example, API_VERSION)))).toEqual(example.messages)
  })

  test('names the place of every parameter', () => {
    const spec = { parameters: { jit: 'maybe', work_mem: '1kB' } }
    const result = checkDatabase(resourceOf({ title: '', spec, messages: [] }, API_VERSION))
    expect(result.ok ? [] : result.issues.map(({ path }) => path.join('.'))).toEqual([
      'spec.parameters.jit',
      'spec.parameters.work_mem',
    ])
  })

  test.each(Object.values(SPEC_CASES).flat())('says of $title what the API server says', (example) => {
    expect(saidOf(checkDatabase(resourceOf(example, API_VERSION)))).toEqual(example.messages)
  })
})
