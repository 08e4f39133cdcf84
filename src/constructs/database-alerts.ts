import type { AlertRule } from './alert-rule.ts'

/** Which series are those of one database. */
export interface DatabaseSeries {
  readonly name: string
  readonly namespace: string
  /** Whether it makes dumps. */
  readonly makesDumps: boolean
  /** Name of the claim template of its data. */
  readonly claimTemplate: string
  /** Name of the CronJob that dumps. */
  readonly cronJob: string
}

/** Label matchers of the exporter's series: pods of the database, standbys included. */
export function podMatchers({ name, namespace }: DatabaseSeries): string {
  return `namespace="${namespace}",pod=~"${name}(-standby)?-[0-9]+"`
}

/** Label matchers of the kubelet's series about the volumes with the data. */
export function volumeMatchers({ name, namespace, claimTemplate }: DatabaseSeries): string {
  return `namespace="${namespace}",persistentvolumeclaim=~"${claimTemplate}-${name}(-standby)?-[0-9]+"`
}

/**
 * Alerts about one database. `pg_*` come from its exporter, `kubelet_*` from the kubelet and `kube_*` from
 * kube-state-metrics, which every installation of the Prometheus Operator that people use brings.
 */
export function databaseAlerts(series: DatabaseSeries): AlertRule[] {
  const { name, namespace } = series
  const database = `${namespace}/${name}`
  const [pods, volumes] = [podMatchers(series), volumeMatchers(series)]
  return [
    {
      alert: 'DatabaseDown',
      expr: `pg_up{${pods}} == 0`,
      for: '2m',
      severity: 'critical',
      summary: `PostgreSQL of ${database} does not answer on {{ $labels.pod }}`,
      description: 'The exporter beside the server gets no connection. See docs/runbooks/not-ready.md.',
    },
    {
      alert: 'DatabaseNotMeasured',
      expr: `absent(pg_up{${pods}})`,
      for: '10m',
      severity: 'warning',
      summary: `Nothing is measured of ${database}`,
      description:
        'No pod runs, the exporter does not, or nobody is let in to read it: the other alerts are blind until then.',
    },
    {
      alert: 'DatabaseReplicationLags',
      expr: `pg_replication_lag_seconds{${pods}} > 300 and pg_replication_is_replica{${pods}} == 1`,
      for: '5m',
      severity: 'warning',
      summary: `Standby {{ $labels.pod }} of ${database} is {{ $value | humanizeDuration }} behind`,
      description:
        'Readers see old rows. With nothing written on the primary the figure grows as well: compare with its writes.',
    },
    {
      alert: 'DatabaseSlotInactive',
      expr: `pg_replication_slots_slot_is_active{${pods}} == 0`,
      for: '15m',
      severity: 'warning',
      summary: `Replication slot {{ $labels.slot_name }} of ${database} has no reader`,
      description: 'The primary keeps its log for it until the limit is reached. Does the standby run?',
    },
    {
      alert: 'DatabaseSlotLosesLog',
      expr: `pg_replication_slots_wal_status{${pods},wal_status=~"unreserved|lost"} == 1`,
      for: '1m',
      severity: 'critical',
      summary: `Replication slot {{ $labels.slot_name }} of ${database} is {{ $labels.wal_status }}`,
      description: 'The log that its standby needs goes or is gone: the standby has to be made anew.',
    },
    {
      alert: 'DatabaseConnectionsNearlyUsed',
      expr: `sum by (namespace, pod) (pg_stat_activity_count{${pods}}) / max by (namespace, pod) (pg_settings_max_connections{${pods}}) > 0.8`,
      for: '10m',
      severity: 'warning',
      summary: `${database} uses {{ $value | humanizePercentage }} of its connections on {{ $labels.pod }}`,
      description: 'Beyond the last one clients are turned away. Use a pool, or raise max_connections, which restarts.',
    },
    {
      alert: 'DatabaseVolumeFillsUp',
      expr: `predict_linear(kubelet_volume_stats_available_bytes{${volumes}}[6h], 4 * 24 * 3600) < 0 and kubelet_volume_stats_available_bytes{${volumes}} / kubelet_volume_stats_capacity_bytes{${volumes}} < 0.4`,
      for: '1h',
      severity: 'warning',
      summary: `The volume {{ $labels.persistentvolumeclaim }} of ${database} is full within four days`,
      description: 'As it filled in the last six hours. Raise storage.size: docs/runbooks/growing.md.',
    },
    {
      alert: 'DatabaseVolumeNearlyFull',
      expr: `kubelet_volume_stats_available_bytes{${volumes}} / kubelet_volume_stats_capacity_bytes{${volumes}} < 0.1`,
      for: '5m',
      severity: 'critical',
      summary: `The volume {{ $labels.persistentvolumeclaim }} of ${database} has {{ $value | humanizePercentage }} left`,
      description: 'A full volume stops the server. Raise storage.size now: docs/runbooks/growing.md.',
    },
    {
      alert: 'DatabaseWraparoundNears',
      expr: `max by (namespace, pod, datname) (pg_database_wraparound_age_datfrozenxid_seconds{${pods}}) > 1e9`,
      for: '30m',
      severity: 'critical',
      summary: `Database {{ $labels.datname }} of ${database} has not been vacuumed for {{ $value | humanize }} transactions`,
      description:
        'At two thousand million the server takes no more writes. Look for what holds vacuum back: old transactions, slots, prepared transactions.',
    },
    {
      alert: 'DatabaseExporterFails',
      expr: `pg_scrape_collector_success{${pods}} == 0`,
      for: '15m',
      severity: 'info',
      summary: `The exporter of ${database} cannot read {{ $labels.collector }}`,
      description: 'Its log says why. Alerts about that are blind meanwhile.',
    },
    ...(series.makesDumps ? backupAlerts(series) : []),
  ]
}

function backupAlerts({ name, namespace, cronJob }: DatabaseSeries): AlertRule[] {
  const job = `namespace="${namespace}",cronjob="${cronJob}"`
  return [
    {
      alert: 'DatabaseBackupTooOld',
      // A run that was due has not ended well since, or a run is due and nobody starts it; whatever the schedule is.
      expr: `kube_cronjob_status_last_schedule_time{${job}} > kube_cronjob_status_last_successful_time{${job}} or kube_cronjob_status_last_schedule_time{${job}} unless kube_cronjob_status_last_successful_time{${job}} or time() - kube_cronjob_next_schedule_time{${job}} > 3600`,
      for: '3h',
      severity: 'critical',
      summary: `The last backup of ${namespace}/${name} that was due is missing`,
      description: 'kubectl get jobs -l app.kubernetes.io/name=postgresql-backup shows the runs. See docs/backups.md.',
    },
  ]
}
