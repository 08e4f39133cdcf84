import type { PeerProps } from './peer-props.ts'

/** Metrics, alerts and a dashboard. `{}` asks for all of them. */
export interface MonitoringProps {
  /** Image of postgres_exporter. The alerts name series of its version 0.20. @default 'prometheuscommunity/postgres-exporter:v0.20.1' */
  readonly image?: string
  /** Who may read the metrics, on port 9187. @default pods of the namespace `monitoring` */
  readonly allowFrom?: readonly PeerProps[]
  /** Labels by which Prometheus chooses its objects, such as `release: kube-prometheus-stack`. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** A PodMonitor; needs the definitions of the Prometheus Operator. @default true */
  readonly podMonitor?: boolean
  /** A PrometheusRule with alerts; needs the same. @default true */
  readonly alerts?: boolean
  /** A ConfigMap with a dashboard, as the sidecar of Grafana finds it. @default true */
  readonly dashboard?: boolean
}
