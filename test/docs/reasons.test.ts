/** A reason that a database can show and that no page explains leaves people alone with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TROUBLE_PRECEDENCE } from '../../src/phases/pod-trouble.ts'
import { DEADLINE_EXCEEDED } from '../../src/phases/deadline.ts'
import { ALL_CHECKS_PASSED, NOT_VERIFIED } from '../../src/phases/readiness.ts'
import { BOOTSTRAP_ERRORS } from '../../src/api/bootstrap-error.ts'
import { pageAt, ROOT } from './pages.ts'

/** Reasons of conditions other than `Ready`, which say the same in other words, and one that never leaves a run. */
const BESIDE = new Set(['AsExpected', 'NoFailure', 'NoReadyPod', 'LoginSucceeded', 'ReconciliationComplete', 'BackOff'])

/** Words that the sources name as a reason. */
function reasonsIn(directory: string): string[] {
  const files = readdirSync(join(ROOT, 'src', directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(ROOT, 'src', directory, file))
  return files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:reason: |failed\(|refusal\(|reason = )'([A-Z]\w+)'/g)].map(
      ([, reason]) => reason ?? '',
    ),
  )
}

test('every reason is explained in the runbook', () => {
  const { text } = pageAt('docs/runbooks/not-ready.md')
  const reasons = [
    ...['phases', 'applier', 'postgres'].flatMap(reasonsIn),
    ...TROUBLE_PRECEDENCE,
    ...BOOTSTRAP_ERRORS,
    DEADLINE_EXCEEDED,
    ALL_CHECKS_PASSED,
    NOT_VERIFIED,
  ]
  expect(reasons.length).toBeGreaterThan(50)
  const unexplained = new Set(reasons.filter((reason) => !BESIDE.has(reason) && !text.includes(`\`${reason}\``)))
  expect([...unexplained]).toEqual([])
})
