import type { ParameterContext } from './parameter-context.ts'

// A name stands for every supported major. `name@17-` exists from 17 on, `name@-16` up to 16.

/** Parameters that are on or off, by context. */
export const SWITCHES: Readonly<Partial<Record<ParameterContext, string>>> = {
  postmaster: `
    bonjour data_sync_retry hot_standby ignore_invalid_pages logging_collector recovery_target_inclusive
    trace_connection_negotiation@17- track_commit_timestamp wal_log_hints`,
  sighup: `
    allow_alter_system@17- autovacuum db_user_namespace@-16 fsync full_page_writes gss_accept_delegation@16-
    hot_standby_feedback krb_caseins_users log_checkpoints log_hostname log_recovery_conflict_waits
    log_truncate_on_rotation remove_temp_files_after_crash restart_after_crash send_abort_for_crash@16-
    send_abort_for_kill@16- ssl ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers summarize_wal@17-
    sync_replication_slots@17- syslog_sequence_numbers syslog_split_messages wal_receiver_create_temp_slot`,
  'superuser-backend': `
    jit_debugging_support jit_profiling_support log_connections@-17 log_disconnections`,
  backend: `
    ignore_system_indexes`,
  superuser: `
    allow_in_place_tablespaces allow_system_table_mods event_triggers@17- ignore_checksum_failure jit_dump_bitcode
    lo_compat_privileges log_duration log_executor_stats log_lock_failures@18- log_lock_waits log_parser_stats
    log_planner_stats log_replication_commands log_statement_stats track_activities track_cost_delay_timing@18-
    track_counts track_io_timing track_wal_io_timing update_process_title wal_compression@-14 wal_init_zero
    wal_recycle zero_damaged_pages`,
  user: `
    array_nulls check_function_bodies debug_pretty_print debug_print_parse debug_print_plan debug_print_rewritten
    default_transaction_deferrable default_transaction_read_only enable_async_append enable_bitmapscan
    enable_distinct_reordering@18- enable_gathermerge enable_group_by_reordering@17- enable_hashagg enable_hashjoin
    enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
    enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
    enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate@16-
    enable_self_join_elimination@18- enable_seqscan enable_sort enable_tidscan escape_string_warning exit_on_error
    geqo jit jit_expressions jit_tuple_deforming md5_password_warnings@18- parallel_leader_participation
    quote_all_identifiers row_security standard_conforming_strings synchronize_seqscans trace_notify trace_sort
    transaction_deferrable transaction_read_only transform_null_equals vacuum_truncate@18-`,
  internal: `
    data_checksums debug_assertions in_hot_standby integer_datetimes`,
}

/** Parameters whose value is any text, by context: what makes sense is for the server to judge. */
export const TEXTS: Readonly<Partial<Record<ParameterContext, string>>> = {
  postmaster: `
    bonjour_name cluster_name config_file data_directory debug_io_direct@16- event_source external_pid_file hba_file
    ident_file jit_provider listen_addresses recovery_target recovery_target_lsn recovery_target_name
    recovery_target_time recovery_target_timeline recovery_target_xid shared_preload_libraries
    unix_socket_directories unix_socket_group`,
  sighup: `
    archive_cleanup_command archive_command archive_library@15- krb_server_keyfile log_destination log_directory
    log_filename log_line_prefix log_timezone oauth_validator_libraries@18- primary_conninfo primary_slot_name
    promote_trigger_file@-15 recovery_end_command restore_command ssl_ca_file ssl_cert_file ssl_ciphers ssl_crl_dir
    ssl_crl_file ssl_dh_params_file ssl_ecdh_curve@-17 ssl_groups@18- ssl_key_file ssl_passphrase_command
    ssl_tls13_ciphers@18- stats_temp_directory@-14 synchronized_standby_slots@17- synchronous_standby_names
    syslog_ident`,
  'superuser-backend': `
    log_connections@18-`,
  superuser: `
    backtrace_functions dynamic_library_path extension_control_path@18- lc_messages session_preload_libraries
    wal_consistency_checking`,
  user: `
    application_name client_encoding createrole_self_grant@16- datestyle default_table_access_method
    default_tablespace default_text_search_config lc_monetary lc_numeric lc_time local_preload_libraries
    restrict_nonsystem_relation_kind search_path temp_tablespaces timezone timezone_abbreviations`,
  internal: `
    lc_collate@-15 lc_ctype@-15 server_encoding server_version ssl_library`,
}
