import { describe, expect, test } from 'vitest'
import { BOOTSTRAP_ERRORS, bootstrapError } from '../../src/api/bootstrap-error.ts'

describe('the reason that a container left behind', () => {
  test.each(BOOTSTRAP_ERRORS)('is found when it is %s', (reason) => {
    expect(bootstrapError(`something else\n${reason}: the details: all of them \nmore`)).toEqual({
      reason,
      message: 'the details: all of them',
    })
  })

  test.each(['', 'LOG:  database system is ready', 'Unknown: reason', 'x MajorUpgradeRequired: not at the beginning'])(
    'is not found in %j',
    (text) => expect(bootstrapError(text)).toBeUndefined(),
  )
})
