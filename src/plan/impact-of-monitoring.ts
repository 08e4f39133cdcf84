import type { ImpactRow } from './impact-row.ts'

const KIND = 'Database.database.example.com'
const NOTHING = 'the server goes on: it is about who reads the metrics, and what is made of them'

/** What a change of monitoring does. The exporter is a part of the pod, so that it comes and goes with a restart. */
export const MONITORING_ROWS: readonly ImpactRow[] = [
  {
    kind: KIND,
    field: 'spec.monitoring.**',
    when: ({ path, before, after }) => path.length === 2 && (before === undefined) !== (after === undefined),
    impact: 'restart',
    because: 'the pod is replaced by one with the exporter, or without it',
  },
  { kind: KIND, field: 'spec.monitoring.image', impact: 'restart', because: 'the exporter is a part of the pod' },
  ...['allowFrom.**', 'labels.**', 'podMonitor', 'alerts', 'dashboard'].map((field): ImpactRow => ({
    kind: KIND,
    field: `spec.monitoring.${field}`,
    impact: 'none',
    because: NOTHING,
  })),
]

/** What a change of the objects that watch a database does. */
export const MONITORING_CHILD_ROWS: readonly ImpactRow[] = ['PodMonitor', 'PrometheusRule'].flatMap((kind) =>
  ['metadata.**', 'spec.**'].map((field): ImpactRow => ({
    kind: `${kind}.monitoring.coreos.com`,
    field,
    impact: 'none',
    because: 'the server goes on: Prometheus reads it',
  })),
)
