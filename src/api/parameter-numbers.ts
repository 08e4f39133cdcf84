/**
 * Parameters that are numbers, a line each: name, context, `integer` or `real`, the unit of a bare number, the least and
 * the greatest in that unit, and the majors where not all have it (`18-`: from 18 on, `-17`: up to 17). Where a limit
 * differs between majors and is not known for one of them, the wider one stands.
 */
export const NUMBERS = `
archive_timeout sighup integer s 0 1073741823
authentication_timeout sighup integer s 1 600
autovacuum_analyze_scale_factor sighup real - 0 100
autovacuum_analyze_threshold sighup integer - 0 2147483647
autovacuum_freeze_max_age postmaster integer - 100000 2000000000
autovacuum_max_workers postmaster integer - 1 262143 -17
autovacuum_max_workers sighup integer - 1 262143 18-
autovacuum_multixact_freeze_max_age postmaster integer - 10000 2000000000
autovacuum_naptime sighup integer s 1 2147483
autovacuum_vacuum_cost_delay sighup real ms -1 100
autovacuum_vacuum_cost_limit sighup integer - -1 10000
autovacuum_vacuum_insert_scale_factor sighup real - 0 100
autovacuum_vacuum_insert_threshold sighup integer - -1 2147483647
autovacuum_vacuum_max_threshold sighup integer - -1 2147483647 18-
autovacuum_vacuum_scale_factor sighup real - 0 100
autovacuum_vacuum_threshold sighup integer - 0 2147483647
autovacuum_work_mem sighup integer kB -1 2147483647
autovacuum_worker_slots postmaster integer - 1 262143 18-
backend_flush_after user integer 8kB 0 256
bgwriter_delay sighup integer ms 10 10000
bgwriter_flush_after sighup integer 8kB 0 256
bgwriter_lru_maxpages sighup integer - 0 1073741823
bgwriter_lru_multiplier sighup real - 0 10
block_size internal integer - 8192 8192
checkpoint_completion_target sighup real - 0 1
checkpoint_flush_after sighup integer 8kB 0 256
checkpoint_timeout sighup integer s 30 86400
checkpoint_warning sighup integer s 0 2147483647
client_connection_check_interval user integer ms 0 2147483647
commit_delay superuser integer - 0 100000
commit_siblings user integer - 0 1000
commit_timestamp_buffers postmaster integer 8kB 0 131072 17-
cpu_index_tuple_cost user real - 0 1.79769e+308
cpu_operator_cost user real - 0 1.79769e+308
cpu_tuple_cost user real - 0 1.79769e+308
cursor_tuple_fraction user real - 0 1
data_directory_mode internal integer - 0 511
deadlock_timeout superuser integer ms 1 2147483647
debug_discard_caches superuser integer - 0 0
default_statistics_target user integer - 1 10000
effective_cache_size user integer 8kB 1 2147483647
effective_io_concurrency user integer - 0 1000
extra_float_digits user integer - -15 3
from_collapse_limit user integer - 1 2147483647
geqo_effort user integer - 1 10
geqo_generations user integer - 0 2147483647
geqo_pool_size user integer - 0 2147483647
geqo_seed user real - 0 1
geqo_selection_bias user real - 1.5 2
geqo_threshold user integer - 2 2147483647
gin_fuzzy_search_limit user integer - 0 2147483647
gin_pending_list_limit user integer kB 64 2147483647
hash_mem_multiplier user real - 1 1000
huge_page_size postmaster integer kB 0 2147483647
idle_in_transaction_session_timeout user integer ms 0 2147483647
idle_replication_slot_timeout sighup integer s 0 2147483647 18-
idle_session_timeout user integer ms 0 2147483647
io_combine_limit user integer 8kB 1 128 17-
io_max_combine_limit postmaster integer 8kB 1 128 18-
io_max_concurrency postmaster integer - -1 1024 18-
io_workers sighup integer - 1 32 18-
jit_above_cost user real - -1 1.79769e+308
jit_inline_above_cost user real - -1 1.79769e+308
jit_optimize_above_cost user real - -1 1.79769e+308
join_collapse_limit user integer - 1 2147483647
lock_timeout user integer ms 0 2147483647
log_autovacuum_min_duration sighup integer ms -1 2147483647
log_file_mode sighup integer - 0 511
log_min_duration_sample superuser integer ms -1 2147483647
log_min_duration_statement superuser integer ms -1 2147483647
log_parameter_max_length superuser integer B -1 1073741823
log_parameter_max_length_on_error user integer B -1 1073741823
log_rotation_age sighup integer min 0 35791394
log_rotation_size sighup integer kB 0 2097151 -15
log_rotation_size sighup integer kB 0 2147483647 16-
log_startup_progress_interval sighup integer ms 0 2147483647 15-
log_statement_sample_rate superuser real - 0 1
log_temp_files superuser integer kB -1 2147483647
log_transaction_sample_rate superuser real - 0 1
logical_decoding_work_mem user integer kB 64 2147483647
maintenance_io_concurrency user integer - 0 1000
maintenance_work_mem user integer kB 1024 2147483647 -15
maintenance_work_mem user integer kB 64 2147483647 16-
max_active_replication_origins postmaster integer - 0 262143 18-
max_connections postmaster integer - 1 262143
max_files_per_process postmaster integer - 64 2147483647
max_function_args internal integer - 100 100
max_identifier_length internal integer - 63 63
max_index_keys internal integer - 32 32
max_locks_per_transaction postmaster integer - 10 2147483647
max_logical_replication_workers postmaster integer - 0 262143
max_notify_queue_pages postmaster integer - 64 2147483647 17-
max_parallel_apply_workers_per_subscription sighup integer - 0 1024 16-
max_parallel_maintenance_workers user integer - 0 1024
max_parallel_workers user integer - 0 1024
max_parallel_workers_per_gather user integer - 0 1024
max_pred_locks_per_page sighup integer - 0 2147483647
max_pred_locks_per_relation sighup integer - -2147483648 2147483647
max_pred_locks_per_transaction postmaster integer - 10 2147483647
max_prepared_transactions postmaster integer - 0 262143
max_replication_slots postmaster integer - 0 262143
max_slot_wal_keep_size sighup integer MB -1 2147483647
max_stack_depth superuser integer kB 100 2147483647
max_standby_archive_delay sighup integer ms -1 2147483647
max_standby_streaming_delay sighup integer ms -1 2147483647
max_sync_workers_per_subscription sighup integer - 0 262143
max_wal_senders postmaster integer - 0 262143
max_wal_size sighup integer MB 2 2147483647
max_worker_processes postmaster integer - 0 262143
min_dynamic_shared_memory postmaster integer MB 0 2147483647
min_parallel_index_scan_size user integer 8kB 0 715827882
min_parallel_table_scan_size user integer 8kB 0 715827882
min_wal_size sighup integer MB 2 2147483647
multixact_member_buffers postmaster integer 8kB 16 131072 17-
multixact_offset_buffers postmaster integer 8kB 16 131072 17-
notify_buffers postmaster integer 8kB 16 131072 17-
num_os_semaphores internal integer - 0 2147483647 18-
old_snapshot_threshold postmaster integer min -1 86400 -16
parallel_setup_cost user real - 0 1.79769e+308
parallel_tuple_cost user real - 0 1.79769e+308
port postmaster integer - 1 65535
post_auth_delay backend integer s 0 2147
pre_auth_delay sighup integer s 0 60
random_page_cost user real - 0 1.79769e+308
recovery_min_apply_delay sighup integer ms 0 2147483647
recursive_worktable_factor user real - 0.001 1e+06 15-
reserved_connections postmaster integer - 0 262143 16-
scram_iterations user integer - 1 2147483647 16-
segment_size internal integer 8kB 131072 131072
seq_page_cost user real - 0 1.79769e+308
serializable_buffers postmaster integer 8kB 16 131072 17-
server_version_num internal integer - 0 2147483647
shared_buffers postmaster integer 8kB 16 1073741823
shared_memory_size internal integer MB 0 2147483647 15-
shared_memory_size_in_huge_pages internal integer - -1 2147483647 15-
statement_timeout user integer ms 0 2147483647
subtransaction_buffers postmaster integer 8kB 0 131072 17-
superuser_reserved_connections postmaster integer - 0 262143
tcp_keepalives_count user integer - 0 2147483647
tcp_keepalives_idle user integer s 0 2147483647
tcp_keepalives_interval user integer s 0 2147483647
tcp_user_timeout user integer ms 0 2147483647
temp_buffers user integer 8kB 100 1073741823
temp_file_limit superuser integer kB -1 2147483647
track_activity_query_size postmaster integer B 100 1048576
transaction_buffers postmaster integer 8kB 0 131072 17-
transaction_timeout user integer ms 0 2147483647 17-
unix_socket_permissions postmaster integer - 0 511
vacuum_buffer_usage_limit user integer kB 0 16777216 16-
vacuum_cost_delay user real ms 0 100
vacuum_cost_limit user integer - 1 10000
vacuum_cost_page_dirty user integer - 0 10000
vacuum_cost_page_hit user integer - 0 10000
vacuum_cost_page_miss user integer - 0 10000
vacuum_defer_cleanup_age sighup integer - 0 1000000 -15
vacuum_failsafe_age user integer - 0 2100000000
vacuum_freeze_min_age user integer - 0 1000000000
vacuum_freeze_table_age user integer - 0 2000000000
vacuum_max_eager_freeze_failure_rate user real - 0 1 18-
vacuum_multixact_failsafe_age user integer - 0 2100000000
vacuum_multixact_freeze_min_age user integer - 0 1000000000
vacuum_multixact_freeze_table_age user integer - 0 2000000000
wal_block_size internal integer - 8192 8192
wal_buffers postmaster integer 8kB -1 262143
wal_decode_buffer_size postmaster integer B 65536 1073741823 15-
wal_keep_size sighup integer MB 0 2147483647
wal_receiver_status_interval sighup integer s 0 2147483
wal_receiver_timeout sighup integer ms 0 2147483647
wal_retrieve_retry_interval sighup integer ms 1 2147483647
wal_segment_size internal integer B 1048576 1073741824
wal_sender_timeout user integer ms 0 2147483647
wal_skip_threshold user integer kB 0 2147483647
wal_summary_keep_time sighup integer min 0 35791394 17-
wal_writer_delay sighup integer ms 1 10000
wal_writer_flush_after sighup integer 8kB 0 2147483647
work_mem user integer kB 64 2147483647
`
