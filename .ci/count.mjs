// Prints `N passed, N failed` from vitest's JSON report, with what was skipped; exit 1 unless tests passed and none failed.
// Plain JavaScript: the machine's own Node runs it, even where `npm ci` failed.
import { existsSync, readFileSync } from 'node:fs'

const print = (line) => process.stdout.write(`${line}\n`)

const [file = ''] = process.argv.slice(2)
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
const passed = report?.numPassedTests ?? 0
// A test file that could not be loaded has no tests that could fail, and counts as one.
const broken = (report?.testResults ?? []).filter(
  (result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed'),
)
const failed = (report?.numFailedTests ?? 0) + broken.length
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)

if (report === undefined) print('the tests did not run to their end')
if (skipped > 0) print(`${skipped} skipped, each with its reason above`)
for (const { name } of broken) print(`could not be run: ${name}`)
print(`${passed} passed, ${failed} failed`)
if (report === undefined || passed === 0 || failed > 0 || report.success !== true) process.exitCode = 1
