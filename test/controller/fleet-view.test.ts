import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { FleetView } from '../../src/controller/fleet-view.ts'

const database = (name: string, resourceVersion = '1', uid = `uid-${name}`): KubernetesObject => ({
  apiVersion: 'database.example.com/v1',
  kind: 'Database',
  metadata: { name, namespace: 'shop', uid, resourceVersion },
})

const child = (kind: string, name: string, owner: string, resourceVersion = '1'): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    namespace: 'shop',
    uid: `uid-${kind}-${name}`,
    resourceVersion,
    labels: { 'app.kubernetes.io/instance': owner },
  },
})

function viewOf(): { view: FleetView; told: string[] } {
  const told: string[] = []
  const view = new FleetView(
    (key) => told.push(key),
    () => Promise.resolve([]),
  )
  return { view, told }
}

describe('the view of a fleet', () => {
  test('tells whose object changed: a database is its own, a child belongs to the one that its label names', () => {
    const { view, told } = viewOf()
    view.take({ type: 'added', object: database('orders') })
    view.take({ type: 'added', object: child('Pod', 'orders-0', 'orders') })
    view.take({ type: 'modified', object: child('ConfigMap', 'orders-config', 'orders') })
    view.take({ type: 'added', object: child('Pod', 'bills-0', 'bills') })
    expect(told).toEqual(['shop/orders', 'shop/orders', 'shop/orders', 'shop/bills'])
    expect(view.keys()).toEqual(['shop/orders'])
  })

  test('tells the owner when somebody writes the name of another database into the label of its child', () => {
    const { view, told } = viewOf()
    const ownerReferences = [
      { apiVersion: 'database.example.com/v1', kind: 'Database', name: 'orders', uid: 'uid-orders', controller: true },
    ]
    const service = child('Service', 'orders', 'bills', '2')
    view.take({ type: 'added', object: child('Service', 'orders', 'orders') })
    view.take({ type: 'modified', object: { ...service, metadata: { ...service.metadata, ownerReferences } } })
    expect(told).toEqual(['shop/orders', 'shop/orders'])
    const reference = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'orders' }
    expect(view.child('shop/orders', reference)?.metadata.resourceVersion).toBe('2')
  })

  test('tells both databases when a child that nobody owns goes from one to the other', () => {
    const { view, told } = viewOf()
    view.take({ type: 'added', object: child('Service', 'orders', 'orders') })
    view.take({ type: 'modified', object: child('Service', 'orders', 'bills', '2') })
    expect(told).toEqual(['shop/orders', 'shop/orders', 'shop/bills'])
    const reference = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'orders' }
    expect(view.child('shop/orders', reference)).toBeUndefined()
  })

  test('keeps nothing of databases that somebody else looks after', () => {
    const told: string[] = []
    const view = new FleetView(
      (key) => told.push(key),
      () => Promise.resolve([]),
      (key) => key === 'shop/orders',
    )
    for (const name of ['orders', 'bills']) {
      view.take({ type: 'added', object: database(name) })
      view.take({ type: 'added', object: child('Service', name, name) })
    }
    expect(told).toEqual(['shop/orders', 'shop/orders'])
    expect(view.keys()).toEqual(['shop/orders'])
    expect(view.objectsOf('shop/bills').database).toBeUndefined()
  })

  test('is not told again what this process wrote', () => {
    const { view, told } = viewOf()
    view.store(database('orders', '7'))
    view.store(child('Service', 'orders', 'orders', '8'))
    view.take({ type: 'modified', object: database('orders', '7') })
    view.take({ type: 'added', object: child('Service', 'orders', 'orders', '8') })
    // An echo of an earlier state, from a watch that lags behind.
    view.take({ type: 'modified', object: child('Service', 'orders', 'orders', '5') })
    expect(told).toEqual([])
  })

  test('forgets what a list does not hold, also where only this process knew of it', () => {
    const { view, told } = viewOf()
    const query = { apiVersion: 'v1', kind: 'Service', namespace: 'shop' }
    view.store(child('Service', 'orders', 'orders', '5'))
    view.store(child('Service', 'orders-pods', 'orders', '9'))
    view.store(child('ConfigMap', 'orders', 'orders', '5'))
    view.keepListed({ ...query, namespace: 'other' }, new Set(), '7')
    expect(told).toEqual([])
    view.keepListed(query, new Set(), '7')
    expect(told).toEqual(['shop/orders'])
    const there = (kind: string, name: string): boolean =>
      view.child('shop/orders', { apiVersion: 'v1', kind, namespace: 'shop', name }) !== undefined
    expect([there('Service', 'orders'), there('Service', 'orders-pods'), there('ConfigMap', 'orders')]).toEqual([
      false,
      // Younger than the list.
      true,
      true,
    ])
  })

  test('holds a child whole, a pod without what nobody reads', () => {
    const { view } = viewOf()
    const managedFields = [{ manager: 'kubelet', fieldsV1: { 'f:status': {} } }]
    const service = child('Service', 'orders', 'orders')
    const pod = child('Pod', 'orders-0', 'orders')
    for (const object of [service, pod])
      view.take({ type: 'added', object: { ...object, metadata: { ...object.metadata, managedFields } } })
    const reference = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'orders' }
    expect(view.child('shop/orders', reference)?.metadata.managedFields).toEqual(managedFields)
    expect(view.objectsOf('shop/orders').pods[0]?.metadata.managedFields).toEqual([{ manager: 'kubelet' }])
  })

  test('forgets what is gone, and not its successor', () => {
    const { view, told } = viewOf()
    view.take({ type: 'added', object: database('orders', '1', 'first') })
    view.take({ type: 'added', object: database('orders', '2', 'second') })
    view.take({ type: 'deleted', object: database('orders', '1', 'first') })
    expect(view.keys()).toEqual(['shop/orders'])
    view.take({ type: 'deleted', object: database('orders', '3', 'second') })
    expect(view.keys()).toEqual([])
    expect(told).toHaveLength(3)
  })

  test('passes over what names no database', () => {
    const { view, told } = viewOf()
    const { metadata, ...rest } = child('Pod', 'stray', '')
    view.take({ type: 'added', object: { ...rest, metadata: { ...metadata, labels: {} } } })
    expect(told).toEqual([])
  })
})
