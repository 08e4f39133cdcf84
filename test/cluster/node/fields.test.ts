import { describe, expect, test } from 'vitest'
import { fieldValue, resourceValue } from './fields.ts'
import type { Pod } from './objects.ts'
import { parseQuantity } from './quantity.ts'

const pod: Pod = {
  metadata: { name: 'db-0', namespace: 'shop', uid: 'u1', labels: { b: '2', a: '1' }, annotations: { 'x/y': 'z' } },
  spec: {
    nodeName: 'local-node',
    containers: [{ name: 'main', image: '', resources: { limits: { memory: '1Gi' }, requests: { cpu: '250m' } } }],
  },
}
const addresses = { podIP: '10.244.0.2', hostIP: '127.0.0.1' }

describe('fields of a pod', () => {
  test.each([
    ['metadata.name', 'db-0'],
    ['metadata.namespace', 'shop'],
    ["metadata.labels['a']", '1'],
    ["metadata.annotations['x/y']", 'z'],
    ["metadata.labels['none']", ''],
    ['metadata.labels', 'a="1"\nb="2"'],
    ['status.podIP', '10.244.0.2'],
    ['status.podIPs', '10.244.0.2'],
    ['status.hostIP', '127.0.0.1'],
    ['spec.nodeName', 'local-node'],
  ])('%s is %j', (path, value) => {
    expect(fieldValue(pod, path, addresses)).toBe(value)
  })

  test('an unknown field is an error', () => {
    expect(() => fieldValue(pod, 'spec.color', addresses)).toThrow('unsupported fieldPath: spec.color')
  })

  test.each([
    ['limits.memory', '1Mi', '1024'],
    ['limits.memory', undefined, '1073741824'],
    ['requests.cpu', undefined, '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.cpu', undefined, '8'],
  ])('%s in units of %s is %s', (resource, divisor, value) => {
    const field = { resource, ...(divisor !== undefined && { divisor }) }
    expect(resourceValue(pod, field, 'main', { cpu: '8', memory: '16Gi' })).toBe(value)
  })
})

describe('quantities', () => {
  test.each([
    ['1Gi', 2 ** 30],
    ['500m', 0.5],
    ['1e3', 1000],
    ['2k', 2000],
    ['0', 0],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value)
  })

  test.each(['', '1KB', 'x'])('%j is none', (text) => {
    expect(() => parseQuantity(text)).toThrow('not a quantity')
  })
})
