/** What Argo CD says about a Database, by its own interpreter, from statuses that `decide` writes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { objectStatus } from '../../src/api/kstatus.ts'
import {
  configMapPatch,
  HEALTH_KEY,
  healthScript,
  healthTests,
  namesOfTestdata,
  testdata,
  writeHealthFiles,
} from './health-files.ts'
import { buildInterpreter } from './health-script.ts'
import type { HealthInterpreter, HealthVerdict } from './health-script.ts'
import { situations } from './situations.ts'

const SITUATIONS = situations()
const NAMES = Object.keys(SITUATIONS)
const objects = Object.fromEntries(Object.entries(SITUATIONS).map(([name, { object }]) => [name, object]))
const isUpdating = process.env['UPDATE_GOLDEN'] === '1'

let interpreter: HealthInterpreter | undefined
let verdicts: Readonly<Record<string, HealthVerdict>> = {}

beforeAll(async () => {
  interpreter = await buildInterpreter()
  if (interpreter === undefined) return
  const judged = await interpreter.judge(healthScript(), Object.values(objects))
  verdicts = Object.fromEntries(NAMES.map((name, index) => [name, judged[index] ?? {}]))
  if (isUpdating) writeHealthFiles(objects, verdicts)
}, 300_000)
afterAll(() => interpreter?.remove())

function withInterpreter(context: TestContext): HealthInterpreter {
  return interpreter ?? context.skip('there is no go on PATH to build the Lua interpreter with')
}

describe('the data of the health tests', () => {
  test.each(NAMES)('is what the project writes today: %s', (name) => {
    expect(testdata(name), 'UPDATE_GOLDEN=1 npx vitest run test/gitops/health.test.ts writes it').toEqual(objects[name])
  })

  test('has a file for each situation and no other', () => {
    expect(namesOfTestdata().toSorted()).toEqual(NAMES.toSorted())
  })
})

describe('the health check for Argo CD', () => {
  test.each(Object.entries(SITUATIONS))('says what is expected of a database that is %s', (name, { argoCd }) => {
    const { healthStatus } = healthTests().find(({ inputPath }) => inputPath === `testdata/${name}.yaml`) ?? {}
    const [status, message] = argoCd
    expect(healthStatus?.status).toBe(status)
    expect(healthStatus?.message).toMatch(new RegExp(`^${message}`))
  })

  test('says in the interpreter what its own tests say, and needs no library for it', async (context) => {
    const found = await withInterpreter(context).judge(
      healthScript(),
      healthTests().map(({ inputPath }) => testdata(inputPath.replace(/^testdata\/|\.yaml$/g, ''))),
    )
    expect(found).toEqual(healthTests().map(({ healthStatus }) => healthStatus))
  })

  test('ends without an error on statuses that nobody writes', async (context) => {
    const ready = testdata('ready')
    const odd = [
      { ...ready, status: {} },
      { ...ready, status: { observedGeneration: 1 } },
      { ...ready, status: { observedGeneration: 1, conditions: [] } },
      { ...ready, status: { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'False' }] } },
      { ...ready, metadata: { name: 'orders' }, spec: undefined, status: undefined },
    ]
    const found = await withInterpreter(context).judge(healthScript(), odd)
    expect(found.map(({ status, error }) => error ?? status)).toEqual([
      'Healthy',
      'Progressing',
      'Progressing',
      'Progressing',
      'Progressing',
    ])
  })

  test('agrees with the status command wherever somebody has written a status', () => {
    const words = { Current: 'Healthy', InProgress: 'Progressing', Terminating: 'Progressing', Failed: 'Degraded' }
    for (const { inputPath, healthStatus } of healthTests()) {
      const object = testdata(inputPath.replace(/^testdata\/|\.yaml$/g, ''))
      if (object['status'] === undefined || healthStatus.status === 'Suspended') continue
      const { word } = objectStatus(object)
      expect(words[word as keyof typeof words], inputPath).toBe(healthStatus.status)
    }
  })

  test('is the same text in the patch of argocd-cm', () => {
    expect(configMapPatch()['data']).toEqual({ [HEALTH_KEY]: healthScript() })
    expect(configMapPatch().metadata).toEqual({ name: 'argocd-cm', namespace: 'argocd' })
  })
})
