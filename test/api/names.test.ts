import { describe, expect, test } from 'vitest'
import { formatSelector, objectLabels, selectorLabels } from '../../src/api/labels.ts'
import { MAXIMUM_NAME_LENGTH } from '../../src/api/name-rules.ts'
import { claimName, derivedNames, endpoint, podName, serviceHost } from '../../src/api/names.ts'
import { formatObject, formatReference, referenceOf } from '../../src/api/object.ts'

describe('names', () => {
  test('of everything that belongs to a database', () => {
    expect(derivedNames('orders')).toEqual({
      statefulSet: 'orders',
      standbyStatefulSet: 'orders-standby',
      service: 'orders',
      readService: 'orders-ro',
      podService: 'orders-pods',
      credentialsSecret: 'orders-credentials',
      configMap: 'orders-config',
      serviceAccount: 'orders',
      role: 'orders',
      roleBinding: 'orders',
      networkPolicy: 'orders',
      disruptionBudget: 'orders',
      replicationSecret: 'orders-replication',
      backup: 'orders-backup',
      dashboard: 'orders-dashboard',
      claimTemplate: 'data',
    })
    expect(podName('orders', 0)).toBe('orders-0')
    expect(claimName('orders', 0)).toBe('data-orders-0')
    expect(serviceHost('orders', 'shop')).toBe('orders.shop.svc.cluster.local')
    expect(endpoint('orders', 'shop')).toBe('orders.shop.svc.cluster.local:5432')
  })

  test('fit where Kubernetes limits them, for the longest name that is allowed', () => {
    const name = 'a'.repeat(MAXIMUM_NAME_LENGTH)
    // The label controller-revision-hash is the name of the StatefulSet, a dash and ten characters.
    expect(`${name}-${'x'.repeat(10)}`.length).toBeLessThanOrEqual(63)
    for (const derived of [...Object.values(derivedNames(name)), podName(name, 99), claimName(name, 99)]) {
      expect(derived.length).toBeLessThanOrEqual(63)
    }
    for (const value of Object.values(objectLabels(name))) expect(value.length).toBeLessThanOrEqual(63)
  })

  test('of labels that choose pods are among those of every object', () => {
    expect(objectLabels('orders')).toMatchObject(selectorLabels('orders'))
    expect(formatSelector(selectorLabels('orders'))).toBe(
      'app.kubernetes.io/name=postgresql,app.kubernetes.io/instance=orders',
    )
  })

  test('of objects say the namespace where there is one', () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'orders', namespace: 'shop' },
    }
    expect(formatReference(referenceOf(role))).toBe('rbac.authorization.k8s.io/v1 Role shop/orders')
    expect(formatObject(referenceOf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }))).toBe(
      'Namespace shop',
    )
  })
})
