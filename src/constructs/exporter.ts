import { METRICS_PORT, METRICS_PORT_NAME, POSTGRES_PORT } from '../api/group.ts'
import { DEFAULT_EXPORTER } from '../api/monitoring-schema.ts'
import { EXPORTER } from '../api/optional-children.ts'
import { METRICS_ROLE } from '../postgres/metrics-role.ts'
import type { ChildContext } from './child-context.ts'
import { securityContext } from './containers.ts'
import { MOUNTS } from './volumes.ts'

/** User and group `nobody`, by the numbers that both image variants and PostgreSQL's `peer` know. */
const NOBODY = 65_534

/** What the exporter needs, and no more. */
const RESOURCES = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '50m', memory: '64Mi' } } as const

/**
 * The exporter beside the server. It comes over the socket, as a user that is no superuser, under a role of its own without a
 * password; it sees no Secret and no data volume. Its death is not the server's: it has no probe that restarts anything.
 * @see https://github.com/prometheus-community/postgres_exporter
 */
export function exporterContainer({ spec }: ChildContext): object {
  return {
    name: EXPORTER,
    image: spec.monitoring?.image ?? DEFAULT_EXPORTER,
    imagePullPolicy: 'IfNotPresent',
    // Off unless asked for, and what the alert about wraparound is made from.
    args: ['--collector.database_wraparound', `--web.listen-address=:${METRICS_PORT}`],
    env: [
      {
        name: 'DATA_SOURCE_NAME',
        value: `user=${METRICS_ROLE} host=${MOUNTS.sockets} port=${POSTGRES_PORT} dbname=postgres sslmode=disable application_name=exporter`,
      },
    ],
    ports: [{ name: METRICS_PORT_NAME, containerPort: METRICS_PORT, protocol: 'TCP' }],
    resources: RESOURCES,
    securityContext: { ...securityContext, runAsUser: NOBODY, runAsGroup: NOBODY },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'sockets', mountPath: MOUNTS.sockets, readOnly: true }],
  }
}
