import * as z from 'zod'

/**
 * The parts of a Grafana dashboard that are written here, closed: a field that is misspelt is a failure.
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') })

const panel = z.strictObject({
  id: z.int().positive(),
  type: z.enum(['timeseries', 'stat']),
  title: z.string().min(3),
  datasource,
  gridPos: z.strictObject({
    x: z.int().min(0).max(23),
    y: z.int().min(0),
    w: z.int().min(1).max(24),
    h: z.int().min(1),
  }),
  fieldConfig: z.strictObject({ defaults: z.strictObject({ unit: z.string() }), overrides: z.array(z.never()) }),
  options: z.record(z.string(), z.unknown()),
  targets: z
    .array(
      z.strictObject({
        refId: z.string().regex(/^[A-Z]$/),
        datasource,
        expr: z.string(),
        legendFormat: z.string(),
      }),
    )
    .min(1),
})

export const dashboardSchema = z.strictObject({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string(),
  tags: z.array(z.string()),
  schemaVersion: z.int(),
  version: z.int(),
  editable: z.boolean(),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  timezone: z.string(),
  annotations: z.strictObject({ list: z.array(z.never()) }),
  templating: z.strictObject({
    list: z.array(
      z.strictObject({ name: z.string(), label: z.string(), type: z.literal('datasource'), query: z.string() }),
    ),
  }),
  panels: z.array(panel).min(4),
})

/** A dashboard, checked. */
export type Dashboard = z.output<typeof dashboardSchema>
