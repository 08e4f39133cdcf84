/**
 * Parameters that a server takes over only when it starts (`postmaster` in `pg_settings.context`), of majors 14 to 18,
 * but for those that the manifests own. Every other parameter could be taken over by a reload.
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
export const RESTART_PARAMETERS: readonly string[] = [
  'autovacuum_freeze_max_age',
  // From 18 on a reload is enough, within autovacuum_worker_slots.
  'autovacuum_max_workers',
  'autovacuum_multixact_freeze_max_age',
  'autovacuum_worker_slots',
  'bonjour',
  'bonjour_name',
  'cluster_name',
  'commit_timestamp_buffers',
  'data_sync_retry',
  'dynamic_shared_memory_type',
  'event_source',
  'hot_standby',
  'huge_page_size',
  'huge_pages',
  'io_max_combine_limit',
  'io_max_concurrency',
  'io_method',
  'jit_provider',
  'max_active_replication_origins',
  'max_connections',
  'max_files_per_process',
  'max_locks_per_transaction',
  'max_logical_replication_workers',
  'max_notify_queue_pages',
  'max_pred_locks_per_transaction',
  'max_prepared_transactions',
  'max_replication_slots',
  'max_wal_senders',
  'max_worker_processes',
  'min_dynamic_shared_memory',
  'multixact_member_buffers',
  'multixact_offset_buffers',
  'notify_buffers',
  'old_snapshot_threshold',
  'reserved_connections',
  'serializable_buffers',
  'shared_buffers',
  'shared_memory_type',
  'shared_preload_libraries',
  'subtransaction_buffers',
  'superuser_reserved_connections',
  'track_activity_query_size',
  'track_commit_timestamp',
  'transaction_buffers',
  'wal_buffers',
  'wal_decode_buffer_size',
  'wal_level',
  'wal_log_hints',
]

/**
 * Whether PostgreSQL itself insists on a restart. Parameters of extensions (`pg_stat_statements.max`) may: nobody but
 * the extension knows, so they do.
 */
export function needsRestart(parameter: string): boolean {
  const name = parameter.toLowerCase()
  return name.includes('.') || RESTART_PARAMETERS.includes(name)
}
