/** Metrics of programs that do not run here, each list with its source. Those of the controller come from itself. */

/**
 * postgres_exporter 0.20.1, with `--collector.database_wraparound`.
 * @see https://github.com/prometheus-community/postgres_exporter/tree/v0.20.1/collector
 */
export const EXPORTER_METRICS = [
  'pg_up',
  'pg_scrape_collector_success',
  'pg_database_size_bytes',
  'pg_database_wraparound_age_datfrozenxid_seconds',
  'pg_replication_is_replica',
  'pg_replication_lag_seconds',
  'pg_replication_slots_slot_is_active',
  'pg_replication_slots_wal_status',
  'pg_settings_max_connections',
  'pg_stat_activity_count',
  'pg_stat_database_blks_hit',
  'pg_stat_database_blks_read',
  'pg_stat_database_deadlocks',
  'pg_stat_database_xact_commit',
  'pg_stat_database_xact_rollback',
] as const

/** The kubelet. @see https://kubernetes.io/docs/reference/instrumentation/metrics/ */
export const KUBELET_METRICS = ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'] as const

/** kube-state-metrics. @see https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/cronjob-metrics.md */
export const STATE_METRICS = [
  'kube_cronjob_next_schedule_time',
  'kube_cronjob_status_last_schedule_time',
  'kube_cronjob_status_last_successful_time',
] as const
