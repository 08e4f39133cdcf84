import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ManagedFieldsEntry } from '../../src/api/object.ts'
import { LAST_APPLIED_ANNOTATION } from '../../src/plan/client-side-migration.ts'
import { countOwned, givingUpPatch } from '../../src/plan/giving-up.ts'
import { afterSuccession, successionOf, successionPatch } from '../../src/plan/succession.ts'
import { trackedBy } from '../../src/plan/tracking.ts'

const US = 'tool'
const entry = (manager: string, operation: string, ...keys: string[]): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsV1: { 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
})
const map = (
  managedFields: readonly ManagedFieldsEntry[],
  data: Record<string, string> = {},
  metadata: object = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', resourceVersion: '7', managedFields, ...metadata },
  data,
})
const replaced = (operations: readonly { path: string }[], path: string): unknown =>
  (operations.find((operation) => operation.path === path) as { value?: unknown } | undefined)?.value

describe('whose place is taken', () => {
  test('that of client-side applies, by their name or by the annotation that they wrote', () => {
    const own = { 'f:metadata': { 'f:annotations': { [`f:${LAST_APPLIED_ANNOTATION}`]: {} } } }
    const live = map([
      entry('kubectl-client-side-apply', 'Update', 'a'),
      entry('before-first-apply', 'Update', 'b'),
      { ...entry('ci', 'Update'), fieldsV1: own },
    ])
    expect(successionOf(live)?.managers).toEqual(['kubectl-client-side-apply', 'before-first-apply', 'ci'])
  })

  test('not that of server-side applies, of sub-resources, or of anybody else', () => {
    const live = map([
      entry('kubectl-client-side-apply', 'Apply', 'a'),
      { ...entry('kubectl-client-side-apply', 'Update', 'a'), subresource: 'status' },
      entry('kubectl-edit', 'Update', 'b'),
    ])
    expect(successionOf(live)).toBeUndefined()
  })

  test('that of a tracker with its marks, where it is taken over from', () => {
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', team: 'shop' }
    const live = map([entry('kustomize-controller', 'Apply', 'a'), entry('hpa', 'Update', 'b')], {}, { labels })
    expect(successionOf(live)).toBeUndefined()
    expect(successionOf(live, trackedBy(live))).toMatchObject({
      managers: ['kustomize-controller'],
      labels: ['kustomize.toolkit.fluxcd.io/name'],
      isMigration: false,
    })
  })
})

describe('taking a place', () => {
  const annotations = { [LAST_APPLIED_ANNOTATION]: '{}', note: 'mine' }
  const live = map(
    [
      { ...entry(US, 'Apply', 'a'), time: '2026-01-02T00:00:00Z' },
      entry('kubectl-client-side-apply', 'Update', 'a', 'b', 'c'),
      { ...entry('before-first-apply', 'Update', 'x'), apiVersion: 'v1beta1' },
      entry('scaler', 'Update', 'c'),
    ],
    { a: '1', b: '2', c: '3', unowned: '4' },
    { annotations },
  )
  const succession = successionOf(live)

  test('makes their fields ours, leaves everybody else, and is refused where the object changed', () => {
    if (succession === undefined) throw new Error('nobody to succeed')
    const patch = successionPatch(live, succession, US)
    expect(replaced(patch, '/metadata/managedFields')).toEqual([
      {
        manager: US,
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-02T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {}, 'f:c': {} } },
      },
      entry('scaler', 'Update', 'c'),
    ])
    expect(replaced(patch, '/metadata/resourceVersion')).toBe('7')
    expect(patch).toContainEqual({
      op: 'remove',
      path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
    })
  })

  test('removes in the end what no manifest asks for and nobody else owns', () => {
    if (succession === undefined) throw new Error('nobody to succeed')
    const applied = { ...live, data: { a: 'new', b: '2', c: '3', unowned: '4' } }
    const { object, fields } = afterSuccession(live, applied, succession, US)
    expect(object['data']).toEqual({ a: 'new', c: '3', unowned: '4' })
    expect(object.metadata.annotations).toEqual({ note: 'mine' })
    expect(fields).toBe(1)
  })
})

describe('giving up', () => {
  test('removes every entry of ours for the object itself, and no other', () => {
    const status = { ...entry(US, 'Apply'), subresource: 'status' }
    const live = map([
      entry(US, 'Apply', 'a', 'b'),
      entry(US, 'Update', 'b', 'c'),
      status,
      entry('other', 'Update', 'd'),
    ])
    expect(countOwned(live, US)).toBe(3)
    expect(replaced(givingUpPatch(live, US), '/metadata/managedFields')).toEqual([
      status,
      entry('other', 'Update', 'd'),
    ])
  })

  test('of the last entry leaves one that owns nothing, so that the server files nothing under before-first-apply', () => {
    const patch = givingUpPatch(map([entry(US, 'Apply', 'a')]), US)
    expect(replaced(patch, '/metadata/managedFields')).toMatchObject([
      { manager: 'tool-released', operation: 'Update' },
    ])
  })
})
