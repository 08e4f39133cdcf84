/**
 * Parameters that are one word out of a few, a line each: name, context, majors (`*`: all, `18-`: from 18 on, `-17`: up
 * to 17), and the words that `pg_settings` shows. Words that depend on how PostgreSQL was built all stand here.
 */
export const CHOICES = `
archive_mode postmaster * always|on|off
backslash_quote user * safe_encoding|on|off
bytea_output user * escape|hex
client_min_messages user * debug5|debug4|debug3|debug2|debug1|log|notice|warning|error
compute_query_id superuser * auto|regress|on|off
constraint_exclusion user * partition|on|off
debug_logical_replication_streaming user 16- buffered|immediate
debug_parallel_query user 16- off|on|regress
default_toast_compression user * pglz|lz4
default_transaction_isolation user * serializable|repeatable read|read committed|read uncommitted
dynamic_shared_memory_type postmaster * posix|sysv|mmap
file_copy_method user 18- copy|clone
force_parallel_mode user -15 off|on|regress
huge_pages postmaster * off|on|try
huge_pages_status internal 17- off|on|unknown
icu_validation_level user 16- disabled|debug5|debug4|debug3|debug2|debug1|log|notice|warning|error
intervalstyle user * postgres|postgres_verbose|sql_standard|iso_8601
io_method postmaster 18- sync|worker|io_uring
log_error_verbosity superuser * terse|default|verbose
log_min_error_statement superuser * debug5|debug4|debug3|debug2|debug1|info|notice|warning|error|log|fatal|panic
log_min_messages superuser * debug5|debug4|debug3|debug2|debug1|info|notice|warning|error|log|fatal|panic
log_statement superuser * none|ddl|mod|all
password_encryption user * md5|scram-sha-256
plan_cache_mode user * auto|force_generic_plan|force_custom_plan
recovery_init_sync_method sighup * fsync|syncfs
recovery_prefetch sighup 15- off|on|try
recovery_target_action postmaster * pause|promote|shutdown
session_replication_role superuser * origin|replica|local
shared_memory_type postmaster * sysv|mmap
ssl_max_protocol_version sighup * |TLSv1|TLSv1.1|TLSv1.2|TLSv1.3
ssl_min_protocol_version sighup * TLSv1|TLSv1.1|TLSv1.2|TLSv1.3
stats_fetch_consistency user 15- none|cache|snapshot
synchronous_commit user * local|remote_write|remote_apply|on|off
syslog_facility sighup * local0|local1|local2|local3|local4|local5|local6|local7
trace_recovery_messages sighup -16 debug5|debug4|debug3|debug2|debug1|log|notice|warning|error
track_functions superuser * none|pl|all
transaction_isolation user * serializable|repeatable read|read committed|read uncommitted
wal_compression superuser 15- pglz|lz4|zstd|on|off
wal_level postmaster * minimal|replica|logical
wal_sync_method sighup * fsync|fdatasync|open_sync|open_datasync
xmlbinary user * base64|hex
xmloption user * content|document
`
