/** One alert, as Prometheus knows it. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface AlertRule {
  /** One CamelCase word. */
  readonly alert: string
  /** PromQL; what it finds is what the alert is about. */
  readonly expr: string
  /** For how long it must be so. */
  readonly for: string
  readonly severity: 'critical' | 'warning' | 'info'
  /** One line for whoever is woken. */
  readonly summary: string
  /** What it means, and what to do. */
  readonly description: string
}

/** The alert in the form of a PrometheusRule. */
export function alertManifest({ alert, expr, for: duration, severity, summary, description }: AlertRule): object {
  return { alert, expr, for: duration, labels: { severity }, annotations: { summary, description } }
}
