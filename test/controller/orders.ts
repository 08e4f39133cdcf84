/** The Database `shop/orders` of the tests that reconcile in memory, and what a reconciler of theirs is given. */
import type { KubernetesObject } from '../../src/api/object.ts'
import { FleetView } from '../../src/controller/fleet-view.ts'
import type { ReconcilerOptions } from '../../src/controller/reconciler-options.ts'

export const KEY = 'shop/orders'
export const REFERENCE = 'database.example.com/v1 Database shop/orders'
export const NOW = Date.parse('2026-11-21T12:00:00Z')

/** The resource. @param change what is said otherwise */
export const orders = (change: { readonly spec?: object; readonly metadata?: object } = {}): KubernetesObject => ({
  apiVersion: 'database.example.com/v1',
  kind: 'Database',
  metadata: { name: 'orders', namespace: 'shop', ...change.metadata },
  spec: {
    image: 'postgres:16.4',
    replicas: 1,
    databaseName: 'orders',
    username: 'app',
    storage: { size: '1Gi' },
    ...change.spec,
  },
})

/** A view that knows no events. @param onChange told of every key that should be looked at */
export const emptyView = (onChange: (key: string) => void = () => undefined): FleetView =>
  new FleetView(onChange, () => Promise.resolve([]))

/**
 * Without logins, with dependencies that answer, told to nobody.
 * @param time may be set by the test
 * @param more what is done otherwise
 */
export const optionsAt = (
  time: { readonly nowMs: number } = { nowMs: NOW },
  more: Partial<ReconcilerOptions> = {},
): ReconcilerOptions => ({
  route: 'off',
  paceMs: 0,
  probe: { reaches: () => Promise.resolve(true) },
  now: () => time.nowMs,
  steadyNow: () => time.nowMs,
  stop: new AbortController().signal,
  onTransition: () => undefined,
  onDriftCorrected: () => undefined,
  onCircuit: () => undefined,
  onGone: () => undefined,
  ...more,
})
