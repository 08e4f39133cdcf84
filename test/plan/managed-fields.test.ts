import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ManagedFieldsEntry } from '../../src/api/object.ts'
import { formatPath } from '../../src/plan/field-path.ts'
import { otherFields, ownFields, pathOfSegments } from '../../src/plan/managed-fields.ts'

const MANAGER = 'tool'

const entry = (field: string, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager: MANAGER,
  operation: 'Apply',
  apiVersion: 'v1',
  fieldsV1: { [`f:${field}`]: {} },
  ...more,
})

const object = (managedFields?: readonly ManagedFieldsEntry[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', ...(managedFields === undefined ? {} : { managedFields }) },
})

describe('our managed fields', () => {
  test('are those that we applied to the object itself in its version, not to its status, nor what we updated', () => {
    const others = [
      entry('a', { operation: 'Update' }),
      entry('b', { subresource: 'status' }),
      entry('c', { manager: 'other' }),
      entry('d', { apiVersion: 'v2' }),
    ]
    const live = object([...others, entry('e')])
    expect(ownFields(live, MANAGER)?.fieldsV1).toEqual({ 'f:e': {} })
    expect(otherFields(live, MANAGER)).toEqual(others)
  })

  test('are none in an object without any', () => {
    expect(ownFields(object(), MANAGER)).toBeUndefined()
    expect(otherFields(object(), MANAGER)).toEqual([])
  })
})

describe('a path of managed fields', () => {
  test.each([
    [['f:spec', 'f:containers', 'k:{"name":"db"}', 'f:image'], 'spec.containers[name=db].image'],
    [['f:spec', 'f:ports', 'k:{"containerPort":5432,"protocol":"TCP"}'], 'spec.ports[containerPort=5432,protocol=TCP]'],
    [['f:metadata', 'f:finalizers', 'v:"example.com/hold"'], 'metadata.finalizers["example.com/hold"]'],
    [['f:metadata', 'f:labels', 'f:a.b/c'], 'metadata.labels["a.b/c"]'],
    [['f:list', 'i:3'], 'list[3]'],
    [['f:list', 'k:no json'], 'list["k:no json"]'],
    [[], ''],
  ])('%j reads %s', (segments, text) => {
    expect(formatPath(pathOfSegments(segments))).toBe(text)
  })
})
