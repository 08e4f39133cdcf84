/** One picture of a dashboard. */
export interface DashboardPanel {
  readonly title: string
  /** PromQL, each with the text of its legend. */
  readonly queries: readonly { readonly expr: string; readonly legend: string }[]
  /** Unit of the values, in Grafana's words. @default 'short' */
  readonly unit?: 'bytes' | 'percentunit' | 's' | 'short' | 'dateTimeFromNow'
  /** `stat` shows the last value as a number. @default 'timeseries' */
  readonly type?: 'timeseries' | 'stat'
}

/** Columns of Grafana's grid, and how wide and high a panel is: two beside each other. */
const [COLUMNS, WIDTH, HEIGHT] = [24, 12, 8]

/**
 * A dashboard for Grafana, as JSON: two panels in a row, and a variable for the data source.
 * @param uid stays the same for ever; 40 characters at most
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
export function dashboardJson(uid: string, title: string, panels: readonly DashboardPanel[]): string {
  const datasource = { type: 'prometheus', uid: '${datasource}' }
  const dashboard = {
    uid,
    title,
    tags: ['cdk8s-database'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    templating: { list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
    panels: panels.map(({ title: name, queries, unit = 'short', type = 'timeseries' }, index) => ({
      id: index + 1,
      type,
      title: name,
      datasource,
      gridPos: {
        x: (index * WIDTH) % COLUMNS,
        y: Math.floor((index * WIDTH) / COLUMNS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
      fieldConfig: { defaults: { unit }, overrides: [] },
      options: type === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] } } : { tooltip: { mode: 'multi' } },
      targets: queries.map(({ expr, legend }, query) => ({
        refId: String.fromCodePoint(65 + query),
        datasource,
        expr,
        legendFormat: legend,
      })),
    })),
  }
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}
