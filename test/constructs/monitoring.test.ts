import { App, Chart } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { AlertRule } from '../../src/constructs/alert-rule.ts'
import { controllerAlerts, controllerDashboard } from '../../src/constructs/controller-monitoring.ts'
import { databaseAlerts } from '../../src/constructs/database-alerts.ts'
import { DatabaseController } from '../../src/constructs/database-controller.ts'
import type { DatabaseControllerProps } from '../../src/constructs/database-controller.ts'
import { databaseDashboard } from '../../src/constructs/database-dashboard.ts'
import { ControllerMetrics } from '../../src/controller/controller-metrics.ts'
import { dashboardSchema } from './dashboards.ts'
import type { Dashboard } from './dashboards.ts'
import { EXPORTER_METRICS, KUBELET_METRICS, STATE_METRICS } from './known-metrics.ts'
import { metricsIn, syntaxErrorsIn } from './promql.ts'

const SERIES = { name: 'orders', namespace: 'shop', makesDumps: true, claimTemplate: 'data', cronJob: 'orders-backup' }

/** Every series that a controller serves, histograms with what Prometheus derives from them. */
function controllerSeries(): Set<string> {
  const metrics = new ControllerMetrics('database')
  metrics.watchElection('lease', { isLeading: true })
  const declared = [...metrics.registry.text().matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    declared.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
    ),
  )
}

const expressionsOf = ({ panels }: Dashboard): string[] =>
  panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const dashboardOf = (json: string): Dashboard => dashboardSchema.parse(JSON.parse(json))

describe.each<[string, () => readonly AlertRule[], () => string, () => ReadonlySet<string>]>([
  [
    'a database',
    () => databaseAlerts(SERIES),
    () => databaseDashboard(SERIES),
    () => new Set<string>([...EXPORTER_METRICS, ...KUBELET_METRICS, ...STATE_METRICS]),
  ],
  ['the controller', () => controllerAlerts('system'), () => controllerDashboard('system'), controllerSeries],
])('what watches %s', (_whom, alerts, dashboard, known) => {
  const expressions = (): string[] => [...alerts().map(({ expr }) => expr), ...expressionsOf(dashboardOf(dashboard()))]

  test('is PromQL by the grammar of Prometheus', () => {
    for (const expression of expressions()) expect(syntaxErrorsIn(expression), expression).toEqual([])
    expect(syntaxErrorsIn('sum by (pod (pg_up)')).not.toEqual([])
  })

  test('asks only for metrics that exist', () => {
    const asked = expressions().flatMap(metricsIn)
    expect(asked.length).toBeGreaterThan(10)
    const exist = known()
    expect([...new Set(asked)].filter((name) => !exist.has(name))).toEqual([])
  })

  test('has alerts with one name each, a severity, and words for whoever is woken', () => {
    const all = alerts()
    expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length)
    for (const { alert, for: duration, summary, description } of all) {
      expect(alert).toMatch(/^Database[A-Z]\w+$/)
      expect(duration).toMatch(/^\d+[mh]$/)
      expect(summary).not.toMatch(/[.\n]$/)
      expect(description).toMatch(/[.?]$/)
    }
  })

  test('has a dashboard as Grafana reads it, without two panels in one place', () => {
    const { panels } = dashboardOf(dashboard())
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`)
    expect(new Set(places).size).toBe(panels.length)
  })
})

test('a database without dumps has no alert about them', () => {
  const names = databaseAlerts({ ...SERIES, makesDumps: false }).map(({ alert }) => alert)
  expect(names).not.toContain('DatabaseBackupTooOld')
  expect(databaseAlerts(SERIES).map(({ alert }) => alert)).toContain('DatabaseBackupTooOld')
})

describe('the controller is watched', () => {
  const kindsOf = (monitoring: DatabaseControllerProps['monitoring']): string[] => {
    const chart = new Chart(new App(), 'controller')
    const image = 'registry.example.com/cdk8s-database:0.1.0'
    new DatabaseController(chart, 'Controller', { image, ...(monitoring === undefined ? {} : { monitoring }) })
    return (chart.toJson() as KubernetesObject[])
      .map(({ kind }) => kind)
      .filter((kind) => ['PodMonitor', 'PrometheusRule', 'ConfigMap'].includes(kind))
  }

  test('where it is asked for, as far as it is asked for', () => {
    expect(kindsOf(undefined)).toEqual([])
    expect(kindsOf({})).toEqual(['PodMonitor', 'PrometheusRule', 'ConfigMap'])
    expect(kindsOf({ alerts: false, podMonitor: false })).toEqual(['ConfigMap'])
  })
})
