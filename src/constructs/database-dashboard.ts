import { createHash } from 'node:crypto'
import { podMatchers, volumeMatchers } from './database-alerts.ts'
import type { DatabaseSeries } from './database-alerts.ts'
import { dashboardJson } from './dashboard.ts'

/** The dashboard of one database. */
export function databaseDashboard(series: DatabaseSeries): string {
  const { name, namespace, cronJob, makesDumps } = series
  const [pods, volumes] = [podMatchers(series), volumeMatchers(series)]
  const rate = (metric: string): string => `sum by (pod) (rate(${metric}{${pods}}[5m]))`
  const uid = createHash('sha256').update(`${namespace}/${name}`).digest('hex').slice(0, 16)
  return dashboardJson(`cdk8s-db-${uid}`, `PostgreSQL ${namespace}/${name}`, [
    { title: 'Answers', type: 'stat', queries: [{ expr: `pg_up{${pods}}`, legend: '{{pod}}' }] },
    {
      title: 'Connections',
      queries: [
        { expr: `sum by (pod, state) (pg_stat_activity_count{${pods}})`, legend: '{{pod}} {{state}}' },
        { expr: `max by (pod) (pg_settings_max_connections{${pods}})`, legend: '{{pod}} most' },
      ],
    },
    {
      title: 'Transactions per second',
      queries: [
        { expr: rate('pg_stat_database_xact_commit'), legend: '{{pod}} committed' },
        { expr: rate('pg_stat_database_xact_rollback'), legend: '{{pod}} rolled back' },
      ],
    },
    {
      title: 'Blocks found in memory',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate('pg_stat_database_blks_hit')} / (${rate('pg_stat_database_blks_hit')} + ${rate('pg_stat_database_blks_read')})`,
          legend: '{{pod}}',
        },
      ],
    },
    {
      title: 'Replication lag',
      unit: 's',
      queries: [{ expr: `pg_replication_lag_seconds{${pods}}`, legend: '{{pod}}' }],
    },
    { title: 'Deadlocks per second', queries: [{ expr: rate('pg_stat_database_deadlocks'), legend: '{{pod}}' }] },
    {
      title: 'Room on the volume',
      unit: 'bytes',
      queries: [
        { expr: `kubelet_volume_stats_available_bytes{${volumes}}`, legend: '{{persistentvolumeclaim}} free' },
        { expr: `kubelet_volume_stats_capacity_bytes{${volumes}}`, legend: '{{persistentvolumeclaim}} in all' },
      ],
    },
    {
      title: 'Size of databases',
      unit: 'bytes',
      queries: [{ expr: `max by (datname) (pg_database_size_bytes{${pods}})`, legend: '{{datname}}' }],
    },
    {
      title: 'Transactions since the last freeze',
      queries: [
        {
          expr: `max by (datname) (pg_database_wraparound_age_datfrozenxid_seconds{${pods}})`,
          legend: '{{datname}}',
        },
      ],
    },
    ...(makesDumps
      ? [
          {
            title: 'Last backup that succeeded',
            type: 'stat' as const,
            unit: 'dateTimeFromNow' as const,
            queries: [
              {
                expr: `kube_cronjob_status_last_successful_time{namespace="${namespace}",cronjob="${cronJob}"} * 1000`,
                legend: 'dump',
              },
            ],
          },
        ]
      : []),
  ])
}
