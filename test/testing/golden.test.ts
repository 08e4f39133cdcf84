import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Yaml } from 'cdk8s'
import { expect, test } from 'vitest'
import { expectGoldenManifests, goldenText } from '../../src/testing/golden.ts'
import { chartOf } from '../constructs/manifests-of.ts'
import { SCENARIOS } from '../constructs/scenarios.ts'
import type { DatabaseProps } from '../../src/constructs/props.ts'

const chart = chartOf('orders', SCENARIOS['orders'] as DatabaseProps)

test('a golden file holds the bytes that synthesis writes', () => {
  expect(goldenText(chart)).toBe(Yaml.stringify(...(chart.toJson() as object[])))
})

// That a file that differs fails is shown by a run of vitest in an app: test/package/testing.test.ts.
test('manifests are compared with the file beside the test', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  await expectGoldenManifests([namespace], 'golden/namespace.yaml')
  const file = await readFile(join(import.meta.dirname, 'golden', 'namespace.yaml'), 'utf8')
  expect(file).toBe(goldenText([namespace]))
})
