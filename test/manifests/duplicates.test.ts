import { expect, test } from 'vitest'
import { refuseDuplicates } from '../../src/manifests/duplicates.ts'
import { parseManifests } from '../../src/manifests/read.ts'

const manifest = (apiVersion: string, kind: string, name: string, namespace = 'shop'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\n`
const check = (...texts: string[]): void =>
  refuseDuplicates(texts.flatMap((text, index) => parseManifests(text, `${index}.yaml`)))

test('the same object twice is refused with both places', () => {
  const twice = (): void => check(manifest('v1', 'Secret', 'a'), `\n${manifest('v1', 'Secret', 'a')}`)
  expect(twice).toThrow(
    expect.objectContaining({ message: 'Secret shop/a stands twice in the input', where: '0.yaml:1 and 1.yaml:2' }),
  )
})

test('the same object in another version of its group is the same object', () => {
  const deployment = (version: string): string => manifest(`apps/${version}`, 'Deployment', 'a')
  expect(() => check(deployment('v1'), deployment('v1beta1'))).toThrow('stands twice')
})

test('another name, namespace, kind or group is another object', () => {
  check(
    manifest('v1', 'Secret', 'a'),
    manifest('v1', 'Secret', 'b'),
    manifest('v1', 'Secret', 'a', 'other'),
    manifest('v1', 'ConfigMap', 'a'),
    manifest('example.com/v1', 'Secret', 'a'),
  )
})
