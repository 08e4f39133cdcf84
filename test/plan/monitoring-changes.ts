import type { DatabaseSpecInput } from '../../src/api/spec.ts'
import type { SpecChange } from './impact-cases.ts'

type Monitoring = NonNullable<DatabaseSpecInput['monitoring']>

const monitoring = (field: string, before: Monitoring | undefined, after: Monitoring | undefined): SpecChange => ({
  field: `spec.monitoring${field}`,
  before: before === undefined ? {} : { monitoring: before },
  after: after === undefined ? {} : { monitoring: after },
})

/** A change of every field of `spec.monitoring`. */
export const MONITORING_CHANGES: readonly SpecChange[] = [
  monitoring('', undefined, {}),
  monitoring('', { labels: { release: 'prometheus' } }, undefined),
  monitoring('.image', {}, { image: 'prometheuscommunity/postgres-exporter:v0.20.0' }),
  monitoring(
    '.allowFrom[0].namespaceSelector.matchLabels.any',
    {},
    { allowFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'metrics' } } }] },
  ),
  monitoring('.labels.any', {}, { labels: { release: 'prometheus' } }),
  monitoring('.podMonitor', {}, { podMonitor: false }),
  monitoring('.alerts', { alerts: false }, {}),
  monitoring('.dashboard', {}, { dashboard: false }),
]
