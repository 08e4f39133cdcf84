import * as z from 'zod'
import { IMAGE_PATTERN } from './image-reference.ts'
import { LABEL_VALUE_LENGTH, labelsRule } from './label-rules.ts'
import { peersSchema } from './network-schema.ts'
import { matches } from './pattern-rule.ts'
import { withRules } from './rule.ts'

/**
 * The exporter where the spec names none. The alerts name series of this version.
 * @see https://github.com/prometheus-community/postgres_exporter/blob/master/CHANGELOG.md
 */
export const DEFAULT_EXPORTER = 'prometheuscommunity/postgres-exporter:v0.20.1'

/** Schema of `spec.monitoring`. */
export const monitoringSchema = z
  .strictObject({
    image: withRules(
      z.string().min(1).max(512).describe(`Image of postgres_exporter. Default: \`${DEFAULT_EXPORTER}\`.`),
      [
        matches(
          IMAGE_PATTERN,
          `monitoring.image must be a reference with a tag or a digest, for example ${DEFAULT_EXPORTER}`,
        ),
      ],
    ).optional(),
    allowFrom: peersSchema('monitoring.allowFrom')
      .optional()
      .describe(
        'Who may read the metrics, on port 9187. Default: pods of the namespace `monitoring`. Only where the NetworkPolicy is not handed over.',
      ),
    labels: withRules(
      z
        .record(z.string(), z.string().max(LABEL_VALUE_LENGTH))
        .meta({ maxProperties: 16 })
        .describe('Labels by which Prometheus chooses its objects, such as `release: kube-prometheus-stack`.'),
      [labelsRule('monitoring.labels')],
    ).optional(),
    podMonitor: z
      .boolean()
      .optional()
      .describe('Whether there is a PodMonitor. Needs the definitions of the Prometheus Operator. Default: yes.'),
    alerts: z
      .boolean()
      .optional()
      .describe('Whether there is a PrometheusRule with alerts. Needs the same definitions. Default: yes.'),
    dashboard: z
      .boolean()
      .optional()
      .describe('Whether there is a ConfigMap with a dashboard, as the sidecar of Grafana finds it. Default: yes.'),
  })
  .describe(
    'Metrics by postgres_exporter beside the server, under a role that may read statistics and nothing else; alerts and a dashboard. Default: none.',
  )
