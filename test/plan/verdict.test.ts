import { describe, expect, test } from 'vitest'
import { FIELD_MANAGER } from '../../src/api/group.ts'
import type { KubernetesObject, ManagedFieldsEntry } from '../../src/api/object.ts'
import { compare } from '../../src/plan/verdict.ts'

const managed = (
  fieldsV1: ManagedFieldsEntry['fieldsV1'],
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager: FIELD_MANAGER,
  operation: 'Apply',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  ...(fieldsV1 === undefined ? {} : { fieldsV1 }),
  ...more,
})
const OWNED = { 'f:data': { 'f:size': {} } }

const configMap = (size: string, metadata: object = {}, rest: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', resourceVersion: '1', generation: 1, managedFields: [managed(OWNED)], ...metadata },
  data: { size },
  ...rest,
})

describe('the verdict', () => {
  test('is create where nothing lives', () => {
    expect(compare(undefined, configMap('small'), FIELD_MANAGER)).toEqual({ verdict: 'create', differences: [] })
  })

  test('is unchanged where nothing but bookkeeping differs', () => {
    const applied = configMap('small', {
      resourceVersion: '2',
      generation: 7,
      managedFields: [managed(OWNED, { time: '2026-02-02T00:00:00Z' })],
    })
    expect(compare(configMap('small'), applied, FIELD_MANAGER)).toEqual({ verdict: 'unchanged', differences: [] })
  })

  test('is unchanged where another manager’s entry differs', () => {
    const theirs = managed({ 'f:status': {} }, { manager: 'kubelet', operation: 'Update' })
    const applied = configMap('small', { managedFields: [managed(OWNED), theirs] })
    expect(compare(configMap('small'), applied, FIELD_MANAGER).verdict).toBe('unchanged')
  })

  test('ignores status', () => {
    const applied = configMap('small', {}, { status: { phase: 'Ready' } })
    expect(compare(configMap('small'), applied, FIELD_MANAGER).verdict).toBe('unchanged')
  })

  test('is unchanged where the server filled in the same defaults on both sides', () => {
    const defaulted = configMap('small', {}, { immutable: false })
    expect(compare(defaulted, structuredClone(defaulted), FIELD_MANAGER).verdict).toBe('unchanged')
  })

  test('is update where a value differs, with the field', () => {
    const segments = [{ field: 'data' }, { field: 'size' }]
    expect(compare(configMap('small'), configMap('large'), FIELD_MANAGER)).toEqual({
      verdict: 'update',
      differences: [{ path: 'data.size', segments, before: 'small', after: 'large' }],
    })
  })

  test('is update where a label, a finalizer or an owner is added', () => {
    for (const metadata of [
      { labels: { app: 'x' } },
      { finalizers: ['example.com/hold'] },
      { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' }] },
    ]) {
      expect(compare(configMap('small'), configMap('small', metadata), FIELD_MANAGER).verdict).toBe('update')
    }
  })

  test('is update where we become the owner of a field without changing it: that is a write', () => {
    const live = configMap('small', { managedFields: [managed(OWNED, { manager: 'someone-else' })] })
    expect(compare(live, configMap('small'), FIELD_MANAGER)).toEqual({ verdict: 'update', differences: [] })
    const more = configMap('small', { managedFields: [managed({ 'f:data': { 'f:size': {}, 'f:color': {} } })] })
    expect(compare(configMap('small'), more, FIELD_MANAGER).verdict).toBe('update')
  })

  test('has the values of a Secret as they are: whoever shows them masks them', () => {
    const secret = (password: string): KubernetesObject => ({ ...configMap('x'), kind: 'Secret', data: { password } })
    expect(compare(secret('b2xk'), secret('bmV3'), FIELD_MANAGER).differences).toMatchObject([
      { path: 'data.password', before: 'b2xk', after: 'bmV3' },
    ])
  })
})
