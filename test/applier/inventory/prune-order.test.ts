import { describe, expect, test } from 'vitest'
import { deletionSteps } from '../../../src/applier/inventory/prune-order.ts'

const item = (kind: string, apiVersion = 'v1'): { member: { apiVersion: string; kind: string; name: string } } => ({
  member: { apiVersion, kind, name: 'a' },
})

describe('deletion', () => {
  test('takes what uses before what is used', () => {
    const items = [
      item('ServiceAccount'),
      item('Role', 'rbac.authorization.k8s.io/v1'),
      item('Secret'),
      item('NetworkPolicy', 'networking.k8s.io/v1'),
      item('RoleBinding', 'rbac.authorization.k8s.io/v1'),
      item('StatefulSet', 'apps/v1'),
      item('Database', 'database.example.com/v1'),
      item('Ingress', 'networking.k8s.io/v1'),
    ]
    expect(deletionSteps(items).map((step) => step.map(({ member }) => member.kind))).toEqual([
      ['Ingress'],
      ['Database'],
      ['StatefulSet'],
      ['NetworkPolicy'],
      ['Secret'],
      ['RoleBinding'],
      ['Role'],
      ['ServiceAccount'],
    ])
  })

  test('takes a kind of somebody else for a custom resource, whatever it is called', () => {
    const items = [item('Service'), item('Service', 'serving.knative.dev/v1'), item('Deployment', 'apps/v1')]
    expect(deletionSteps(items).map((step) => step.map(({ member }) => member.apiVersion))).toEqual([
      ['serving.knative.dev/v1'],
      ['apps/v1'],
      ['v1'],
    ])
  })

  test('forgets nothing', () => {
    const items = ['Anything', 'Pod', 'PriorityClass', 'Namespace'].map((kind) => item(kind))
    expect(deletionSteps(items).flat()).toHaveLength(items.length)
  })
})
