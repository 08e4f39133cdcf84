import { expect, test } from 'vitest'
import { parseManifests } from '../../src/manifests/read.ts'
import { useControlPlane } from '../cluster/shared.ts'

const controlPlane = await useControlPlane()

const WORDS = [
  'y Y n N yes Yes YES no No on On off OFF true True false tRUE yEs ~ null Null NULL nil none',
  '0 -0 +0 7 -7 +7 007 0777 -0777 08 09 0o17 0O17 0b101 -0b101 0B101 0x1F 0X1f -0x1F',
  '1_000 0x1_F 1_ _1 1__0 0_7 9007199254740991 1_0.5 .5_0',
  '1.5 1. .5 -.5 +.5 1e3 1E3 1e+3 1e-3 -1e3 1.5e3 .5e1 1e e3 . + .. 1.2.3',
  '12:30 1:2 12:30:45 190:20:30 1.5:2 2024-01-01 2024-01-01T10:00:00Z 2024-1-1',
  '1e400 10Gi 100m 5m 0x 0b 0b2 0xG 1a 16.4 16.10 1e3Gi inf nan = 15.10-bookworm',
  '"no" \'0777\' "1e3"',
]
const SCALARS = [
  ...WORDS.flatMap((line) => line.split(' ')),
  '',
  '2024-01-01 10:00:00',
  '!!str no',
  '!!str 0777',
  '!!int 7',
  '!!float 1.5',
  '!!bool true',
]

test('every plain scalar is read as kubectl reads it', async () => {
  const text = [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: scalars',
    'data:',
    ...SCALARS.map((scalar, index) => `  k${index}: ${scalar}`),
  ].join('\n')
  const { code, stdout, stderr } = await controlPlane.kubectl(
    ['create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', '-'],
    { stdin: text },
  )
  expect(code, stderr).toBe(0)
  const theirs = (JSON.parse(stdout) as { data: Record<string, unknown> }).data
  const ours = parseManifests(text, 'scalars.yaml')[0]?.object['data'] as Record<string, unknown>
  const told = (data: Record<string, unknown>): string[] =>
    SCALARS.map((scalar, index) => `${scalar} → ${JSON.stringify(data[`k${index}`] ?? null)}`)
  expect(told(ours)).toEqual(told(theirs))
})
