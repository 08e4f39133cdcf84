/** Monitoring, valid and not, with what must be said about each. Part of the table in `specs.ts`. */
import type { SpecCase } from './specs.ts'

const accepted = (title: string, monitoring: object): SpecCase => ({ title, spec: { monitoring }, messages: [] })
const refused = (title: string, monitoring: object, ...messages: string[]): SpecCase => ({
  title,
  spec: { monitoring },
  messages,
})

export const MONITORING: readonly SpecCase[] = [
  accepted('all that there is', {}),
  accepted('everything said', {
    image: 'registry.internal:5000/exporter:1.2',
    allowFrom: [{ podSelector: { matchLabels: { app: 'prometheus' } } }],
    labels: { release: 'prometheus' },
    podMonitor: false,
    alerts: true,
    dashboard: false,
  }),
  refused(
    'an image without a tag',
    { image: 'exporter' },
    'monitoring.image must be a reference with a tag or a digest, for example prometheuscommunity/postgres-exporter:v0.20.1',
  ),
  refused(
    'a reader that names nobody',
    { allowFrom: [{}] },
    'monitoring.allowFrom must name pods or namespaces: an empty entry would admit everybody',
  ),
  refused(
    'a label with a space',
    { labels: { 'a b': 'c' } },
    'monitoring.labels must name labels as Kubernetes writes them, for example app: shop',
  ),
]
