import { describe, expect, test } from 'vitest'
import type { KubernetesObject, ManagedFieldsEntry } from '../../src/api/object.ts'
import { differences } from '../../src/plan/difference.ts'
import { ownersOf } from '../../src/plan/field-owners.ts'
import type { FieldPath } from '../../src/plan/field-path.ts'

const entry = (manager: string, fieldsV1: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsV1: fieldsV1 as Record<string, unknown>,
  ...more,
})

const container = { name: 'db', image: 'a', ports: [{ containerPort: 5432, protocol: 'TCP', name: 'pg' }], args: ['x'] }
const live: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'x',
    finalizers: ['a', 'b'],
    managedFields: [
      entry(
        'tool',
        {
          'f:metadata': { 'f:finalizers': { 'v:"a"': {} } },
          'f:spec': {
            'f:selector': {},
            'f:containers': {
              'k:{"name":"db"}': {
                '.': {},
                'f:name': {},
                'f:args': {},
                'f:ports': {
                  'k:{"containerPort":5432,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:name': {} },
                },
              },
            },
          },
        },
        { operation: 'Apply', time: '2026-01-01T00:00:00Z' },
      ),
      entry('kubectl-edit', { 'f:spec': { 'f:containers': { 'k:{"name":"db"}': { 'f:image': {} } } } }),
      entry('autoscaler', { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' }),
    ],
  },
  spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, defaulted: true, containers: [container] },
}

const managers = (...path: FieldPath): string[] => ownersOf(live, path).map(({ manager }) => manager)
const [spec, containers, db] = [{ field: 'spec' }, { field: 'containers' }, { key: { name: 'db' } }]

describe('the owners of a field', () => {
  test('are told with operation, sub-resource and time', () => {
    expect(ownersOf(live, [spec, { field: 'replicas' }])).toEqual([
      { manager: 'autoscaler', operation: 'Update', subresource: 'scale' },
    ])
    expect(ownersOf(live, [spec, containers, db, { field: 'args' }])).toEqual([
      { manager: 'tool', operation: 'Apply', time: '2026-01-01T00:00:00Z' },
    ])
  })

  test('are none of what the server filled in, nor of what is not there', () => {
    expect(managers(spec, { field: 'defaulted' })).toEqual([])
    expect(managers({ field: 'data' }, { field: 'a' })).toEqual([])
    expect(ownersOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, [spec])).toEqual([])
  })

  test('of a value that is owned as a whole own what is in it', () => {
    expect(managers(spec, { field: 'selector' }, { field: 'matchLabels' }, { field: 'a' })).toEqual(['tool'])
    expect(managers(spec, containers, db, { field: 'args' }, { index: 0 })).toEqual(['tool'])
  })

  test('of anything below a field own the field', () => {
    expect(managers(spec)).toEqual(['tool', 'kubectl-edit', 'autoscaler'])
    expect(managers(spec, containers, db)).toEqual(['tool', 'kubectl-edit'])
  })

  test('of an item do not own a field of it that is somebody else’s', () => {
    expect(managers(spec, containers, db, { field: 'image' })).toEqual(['kubectl-edit'])
  })

  test('are found where an item is addressed by another of its fields, or by its position', () => {
    const [ports, name] = [{ field: 'ports' }, { field: 'name' }]
    expect(managers(spec, containers, db, ports, { key: { name: 'pg' } }, name)).toEqual(['tool'])
    expect(managers(spec, containers, { index: 0 }, ports, { index: 0 }, name)).toEqual(['tool'])
    expect(managers(spec, containers, db, ports, { key: { name: 'other' } }, name)).toEqual([])
  })

  test('are found for an item that is gone, by its own keys', () => {
    const gone = { ...live, spec: { containers: [] } }
    expect(ownersOf(gone, [spec, containers, db, { field: 'image' }])).toMatchObject([{ manager: 'kubectl-edit' }])
    expect(managers(spec, containers, { key: { name: 'new' } })).toEqual([])
  })

  test('of the items of a set are told apart', () => {
    expect(managers({ field: 'metadata' }, { field: 'finalizers' }, { index: 0 })).toEqual(['tool'])
    expect(managers({ field: 'metadata' }, { field: 'finalizers' }, { index: 1 })).toEqual([])
    expect(managers({ field: 'metadata' }, { field: 'finalizers' }, { value: 'a' })).toEqual(['tool'])
  })

  test('are found for what differs', () => {
    const changed = { ...container, image: 'b', args: ['y'] }
    const after = { ...live, spec: { ...(live['spec'] as object), containers: [changed] } }
    const found = differences(live, after).map(({ path, segments }) => [
      path,
      ownersOf(live, segments).map(({ manager }) => manager),
    ])
    expect(found).toEqual([
      ['spec.containers[name=db].args[0]', ['tool']],
      ['spec.containers[name=db].image', ['kubectl-edit']],
    ])
  })
})
