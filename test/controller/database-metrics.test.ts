import { expect, test } from 'vitest'
import { DatabaseMetrics } from '../../src/controller/database-metrics.ts'
import { MetricsRegistry } from '../../src/controller/metrics.ts'

function shownMetrics(): [MetricsRegistry, DatabaseMetrics] {
  const registry = new MetricsRegistry()
  return [registry, new DatabaseMetrics(registry)]
}

const valuesOf = (registry: MetricsRegistry, start: string): readonly string[] =>
  registry
    .text()
    .split('\n')
    .filter((line) => line.startsWith(start))

test('a database is in one phase and one state of its circuit, and leaves nothing behind when it is gone', () => {
  const [registry, metrics] = shownMetrics()
  const orders = { namespace: 'shop', name: 'orders' }
  metrics.setPhase(orders, 'Pending')
  metrics.setPhase(orders, 'Ready')
  metrics.setCircuit(orders, 'open')
  metrics.setCircuit(orders, 'half-open')
  metrics.driftCorrected(orders)
  metrics.driftCorrected(orders, 2)
  const ones = valuesOf(registry, 'database_').filter((line) => !line.endsWith(' 0'))
  expect(ones).toEqual([
    'database_circuit_state{namespace="shop",name="orders",state="half-open"} 1',
    'database_drift_corrected_total{namespace="shop",name="orders"} 3',
    'database_phase{namespace="shop",name="orders",phase="Ready"} 1',
  ])
  expect(valuesOf(registry, 'database_phase{')).toHaveLength(9)
  metrics.forget(orders)
  expect(valuesOf(registry, 'database_')).toEqual([])
  metrics.setPhase(orders, 'Ready')
  expect(valuesOf(registry, 'database_phase{'), 'created again under its name').toHaveLength(9)
  expect(valuesOf(registry, 'database_drift')).toHaveLength(1)
})

test('the end of a certificate is shown in seconds, while there is one', () => {
  const [registry, metrics] = shownMetrics()
  const orders = { namespace: 'shop', name: 'orders' }
  const shown = (): readonly string[] => valuesOf(registry, 'database_certificate')
  metrics.setCertificateExpiry(orders, '2026-11-21T12:00:00.5Z')
  expect(shown()).toEqual([
    'database_certificate_expiry_timestamp_seconds{namespace="shop",name="orders"} 1795262400.5',
  ])
  metrics.setCertificateExpiry(orders, '2027-02-19T12:00:00Z')
  expect(shown()).toEqual(['database_certificate_expiry_timestamp_seconds{namespace="shop",name="orders"} 1803038400'])
  metrics.setCertificateExpiry(orders, undefined)
  expect(shown()).toEqual([])
  metrics.setCertificateExpiry(orders, '2027-02-19T12:00:00Z')
  metrics.forget(orders)
  expect(shown()).toEqual([])
})
