import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { METRICS_PORT_NAME } from '../api/group.ts'
import { makesDumps, monitoringParts } from '../api/optional-children.ts'
import { alertManifest } from './alert-rule.ts'
import { childMetadata } from './child-context.ts'
import type { ChildContext } from './child-context.ts'
import { DASHBOARD_LABEL } from './controller-monitoring.ts'
import { databaseAlerts } from './database-alerts.ts'
import type { DatabaseSeries } from './database-alerts.ts'
import { databaseDashboard } from './database-dashboard.ts'

/** What watches a database, as far as its spec asks for it. */
export interface DatabaseMonitoringChildren {
  readonly podMonitor: ApiObject | undefined
  readonly prometheusRule: ApiObject | undefined
  readonly dashboard: ApiObject | undefined
}

const API_VERSION = 'monitoring.coreos.com/v1'

/** Adds what watches a database beside the exporter, which is a part of its pods. */
export function monitoringChildren(scope: Construct, context: ChildContext): DatabaseMonitoringChildren {
  const { spec, name, namespace, names, selector } = context
  const { labels = {} } = spec.monitoring ?? {}
  const { podMonitor, alerts, dashboard } = monitoringParts(spec)
  const series: DatabaseSeries = {
    name,
    namespace,
    makesDumps: makesDumps(spec),
    claimTemplate: names.claimTemplate,
    cronJob: names.backup,
  }
  const common = childMetadata(context, name)
  const metadata = { ...common, labels: { ...common.labels, ...labels } }
  return {
    podMonitor: podMonitor
      ? new ApiObject(scope, 'PodMonitor', {
          apiVersion: API_VERSION,
          kind: 'PodMonitor',
          metadata,
          spec: {
            selector: { matchLabels: { ...selector } },
            podMetricsEndpoints: [{ port: METRICS_PORT_NAME, path: '/metrics', interval: '30s' }],
          },
        })
      : undefined,
    prometheusRule: alerts
      ? new ApiObject(scope, 'PrometheusRule', {
          apiVersion: API_VERSION,
          kind: 'PrometheusRule',
          metadata,
          spec: { groups: [{ name: `${namespace}-${name}`, rules: databaseAlerts(series).map(alertManifest) }] },
        })
      : undefined,
    dashboard: dashboard
      ? new ApiObject(scope, 'Dashboard', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            ...common,
            name: names.dashboard,
            labels: { ...common.labels, ...DASHBOARD_LABEL },
          },
          data: { [`${namespace}-${name}.json`]: databaseDashboard(series) },
        })
      : undefined,
  }
}
