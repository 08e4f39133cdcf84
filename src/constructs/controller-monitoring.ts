import { ApiObject } from 'cdk8s'
import type { Construct } from 'constructs'
import { CONTROLLER_LABELS } from '../api/labels.ts'
import { alertManifest } from './alert-rule.ts'
import type { AlertRule } from './alert-rule.ts'
import { dashboardJson } from './dashboard.ts'

/** How the controller is watched. Needs the definitions of the Prometheus Operator; the dashboard needs none. */
export interface ControllerMonitoringProps {
  /** Labels by which Prometheus chooses its objects, such as `release: kube-prometheus-stack`. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** Whether its metrics are read: a PodMonitor. @default true */
  readonly podMonitor?: boolean
  /** Whether there are alerts: a PrometheusRule. @default true */
  readonly alerts?: boolean
  /** Whether there is a dashboard: a ConfigMap that Grafana's sidecar finds. @default true */
  readonly dashboard?: boolean
}

/** Label by which Grafana's sidecar finds dashboards, as its chart sets it. */
export const DASHBOARD_LABEL = { grafana_dashboard: '1' } as const

/** Alerts about the controller and what it says of databases. */
export function controllerAlerts(namespace: string): AlertRule[] {
  const where = `namespace="${namespace}"`
  return [
    {
      alert: 'DatabaseControllerWithoutLeader',
      expr: `absent(leader_election_master_status == 1)`,
      for: '5m',
      severity: 'critical',
      summary: 'No replica of the database controller works',
      description: `Nothing heals and no change is taken. kubectl -n ${namespace} get pods,leases shows who should. A controller without leader election has no such metric: turn the alerts off, or election on.`,
    },
    {
      alert: 'DatabaseFailed',
      expr: `max by (namespace, name) (database_phase{phase="Failed"}) == 1`,
      for: '5m',
      severity: 'critical',
      summary: 'Database {{ $labels.namespace }}/{{ $labels.name }} has failed',
      description: 'A person must act: its conditions say what. See docs/runbooks/not-ready.md.',
    },
    {
      alert: 'DatabaseNotReady',
      expr: `max by (namespace, name) (database_phase{phase=~"Pending|Provisioning|Configuring|Deploying|Verifying|Updating"}) == 1`,
      for: '30m',
      severity: 'warning',
      summary: 'Database {{ $labels.namespace }}/{{ $labels.name }} has not been Ready for half an hour',
      description: 'Its conditions say what it waits for. See docs/runbooks/not-ready.md.',
    },
    {
      alert: 'DatabaseCircuitOpen',
      expr: `max by (namespace, name) (database_circuit_state{state="open"}) == 1`,
      for: '10m',
      severity: 'warning',
      summary: 'Nothing is tried with {{ $labels.namespace }}/{{ $labels.name }} any more but once a minute',
      description: 'Logins or dependencies failed again and again. The condition Ready quotes the last failure.',
    },
    {
      alert: 'DatabaseDriftAgainAndAgain',
      expr: `increase(database_drift_corrected_total[1h]) > 10`,
      for: '10m',
      severity: 'warning',
      summary: 'Somebody keeps changing objects of {{ $labels.namespace }}/{{ $labels.name }}',
      description: 'The controller puts them right each time. Find the other one: docs/runbooks/hand-over.md.',
    },
    {
      alert: 'DatabaseCertificateExpiresSoon',
      expr: `max by (namespace, name) (database_certificate_expiry_timestamp_seconds) - time() < 7 * 24 * 3600`,
      for: '1h',
      severity: 'warning',
      summary: 'The certificate of {{ $labels.namespace }}/{{ $labels.name }} ends in {{ $value | humanizeDuration }}',
      description:
        'Whoever renews certificates does so weeks before, so nobody seems to renew this one. See docs/runbooks/certificates.md.',
    },
    {
      alert: 'DatabaseCertificateExpires',
      expr: `max by (namespace, name) (database_certificate_expiry_timestamp_seconds) - time() < 24 * 3600`,
      for: '5m',
      severity: 'critical',
      summary: 'The certificate of {{ $labels.namespace }}/{{ $labels.name }} ends in {{ $value | humanizeDuration }}',
      description:
        'Clients that check it, and the controller, get in no more then. Renew the Secret: docs/runbooks/certificates.md.',
    },
    {
      alert: 'DatabaseControllerErrors',
      expr: `sum by (controller) (rate(controller_runtime_reconcile_errors_total{${where}}[15m])) > 0.1`,
      for: '15m',
      severity: 'warning',
      summary: 'The database controller fails {{ $value | humanize }} times a second',
      description: 'Its log says at what. Missing rights and an API server that is away are the usual causes.',
    },
    {
      alert: 'DatabaseControllerBehind',
      expr: `histogram_quantile(0.99, sum by (le) (rate(workqueue_queue_duration_seconds_bucket{${where}}[10m]))) > 60`,
      for: '15m',
      severity: 'warning',
      summary: 'Databases wait {{ $value | humanizeDuration }} for the controller',
      description: 'More workers, or another shard: docs/controller.md.',
    },
    {
      alert: 'DatabaseControllerWatchesBreak',
      expr: `sum by (kind) (increase(database_watch_interrupted_total{${where}}[15m])) > 10`,
      for: '15m',
      severity: 'warning',
      summary: 'The watch of {{ $labels.kind }} breaks again and again',
      description: 'What changes is seen late. The API server, its proxy or a missing right is the cause.',
    },
  ]
}

/** The dashboard of the controller. */
export function controllerDashboard(namespace: string): string {
  const where = `namespace="${namespace}"`
  return dashboardJson('cdk8s-database-controller', 'Database controller', [
    { title: 'Databases by phase', queries: [{ expr: 'sum by (phase) (database_phase)', legend: '{{phase}}' }] },
    {
      title: 'Not Ready',
      queries: [
        {
          expr: 'max by (namespace, name, phase) (database_phase{phase!="Ready"}) == 1',
          legend: '{{namespace}}/{{name}} {{phase}}',
        },
      ],
    },
    {
      title: 'Leader',
      type: 'stat',
      queries: [{ expr: 'sum by (pod) (leader_election_master_status)', legend: '{{pod}}' }],
    },
    {
      title: 'Passes per second',
      queries: [
        { expr: `sum by (result) (rate(controller_runtime_reconcile_total{${where}}[5m]))`, legend: '{{result}}' },
        { expr: `sum(rate(controller_runtime_reconcile_errors_total{${where}}[5m]))`, legend: 'failed' },
      ],
    },
    {
      title: 'How long a pass takes',
      unit: 's',
      queries: [0.5, 0.99].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{${where}}[5m])))`,
        legend: `${quantile * 100} %`,
      })),
    },
    {
      title: 'How long a database waits for its turn',
      unit: 's',
      queries: [0.5, 0.99].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le) (rate(workqueue_queue_duration_seconds_bucket{${where}}[5m])))`,
        legend: `${quantile * 100} %`,
      })),
    },
    {
      title: 'Requests per second',
      queries: [
        {
          expr: `sum by (method, code) (rate(rest_client_requests_total{${where}}[5m]))`,
          legend: '{{method}} {{code}}',
        },
      ],
    },
    {
      title: 'Drift that was corrected, in an hour',
      queries: [
        {
          expr: 'sum by (namespace, name) (increase(database_drift_corrected_total[1h]))',
          legend: '{{namespace}}/{{name}}',
        },
      ],
    },
    {
      title: 'Certificates end in',
      unit: 's',
      queries: [
        {
          expr: 'max by (namespace, name) (database_certificate_expiry_timestamp_seconds) - time()',
          legend: '{{namespace}}/{{name}}',
        },
      ],
    },
    {
      title: 'Open circuits',
      queries: [
        {
          expr: 'max by (namespace, name) (database_circuit_state{state="open"}) == 1',
          legend: '{{namespace}}/{{name}}',
        },
      ],
    },
  ])
}

/** Adds what watches the controller. @param metadata of its objects */
export function controllerMonitoring(
  scope: Construct,
  metadata: { readonly name: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  { labels = {}, podMonitor = true, alerts = true, dashboard = true }: ControllerMonitoringProps,
): void {
  const { name, namespace } = metadata
  const chosen = { ...metadata, labels: { ...metadata.labels, ...labels } }
  if (podMonitor) {
    new ApiObject(scope, 'PodMonitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: chosen,
      spec: {
        selector: { matchLabels: { ...CONTROLLER_LABELS } },
        // Its series name the namespace of a database; without this they would be called exported_namespace.
        podMetricsEndpoints: [{ port: 'http', path: '/metrics', interval: '30s', honorLabels: true }],
      },
    })
  }
  if (alerts) {
    const rules = controllerAlerts(namespace).map(alertManifest)
    new ApiObject(scope, 'PrometheusRule', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: chosen,
      spec: { groups: [{ name, rules }] },
    })
  }
  if (dashboard) {
    new ApiObject(scope, 'Dashboard', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: `${name}-dashboard`,
        namespace,
        labels: { ...metadata.labels, ...DASHBOARD_LABEL },
      },
      data: { 'database-controller.json': controllerDashboard(namespace) },
    })
  }
}
