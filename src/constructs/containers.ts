import { POSTGRES_PORT } from '../api/group.ts'
import { isHandedOver } from '../api/handed-over.ts'
import type { ChildContext } from './child-context.ts'
import { containerResources } from './container-resources.ts'
import type { ContainerResources } from './container-resources.ts'
import { standbyEnvironment } from './standby-environment.ts'
import { certificateMounts, commonMounts, credentialsMount, MOUNTS, replicationMount } from './volumes.ts'

/** Startup may take an hour: crash recovery of a large write-ahead log must not be killed half-way. */
const STARTUP_PERIOD_SECONDS = 2
const STARTUP_FAILURES = 1800

/** Both containers, hardened as the restricted Pod Security Standard asks. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export const securityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

function environment({ image, layout }: ChildContext): { name: string; value: string }[] {
  return [
    { name: 'PGDATA', value: layout.dataDirectory },
    { name: 'PGMOUNT', value: layout.mountPath },
    { name: 'PGCONF', value: MOUNTS.configuration },
    { name: 'PGRUN', value: MOUNTS.sockets },
    { name: 'PGSECRET', value: MOUNTS.credentials },
    { name: 'PGREPLICATION', value: MOUNTS.replication },
    { name: 'PGPORT', value: String(POSTGRES_PORT) },
    { name: 'PGLISTEN', value: '*' },
    { name: 'PGMAJOR', value: image.major },
    { name: 'TERMINATION_LOG', value: '/dev/termination-log' },
  ]
}

function container(
  context: ChildContext,
  name: string,
  script: string,
): Readonly<Record<string, unknown>> & { readonly resources: ContainerResources } {
  return {
    name,
    image: context.spec.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', `$(PGCONF)/${script}`],
    env: environment(context),
    resources: containerResources(context.spec),
    securityContext,
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}

/**
 * Creates the data directory before the server starts, where no probe can kill it. Running it again does nothing; a
 * kill anywhere leaves nothing that a later run would mistake for a database.
 */
export function bootstrapContainer(context: ChildContext): object {
  return {
    ...container(context, 'bootstrap', 'bootstrap.sh'),
    volumeMounts: [...commonMounts(context), credentialsMount()],
  }
}

/** Makes a standby's data directory a copy of the primary. As the bootstrap, it may be killed and run again at will. */
export function cloneContainer(context: ChildContext): object {
  const clone = container(context, 'bootstrap', 'clone.sh')
  return {
    ...clone,
    env: [...environment(context), ...standbyEnvironment(context)],
    volumeMounts: [...commonMounts(context), replicationMount()],
  }
}

/** The server of a standby: the same, told where its primary is. */
export function standbyContainer(context: ChildContext): object {
  return postgresContainer(context, standbyEnvironment(context))
}

/** `pg_isready` over TCP: 0 accepts, 1 alive but not accepting (recovery, shutdown), 2 no answer. */
const isReady = (timeoutSeconds: number): string => `pg_isready -q -h 127.0.0.1 -p "$PGPORT" -t ${timeoutSeconds}`

/**
 * The server. Startup and liveness accept a server that is alive but recovering; only readiness wants one that
 * accepts connections. Probes go over TCP on 127.0.0.1, because the socket answers before the server is open to clients.
 * @see https://github.com/cloudnative-pg/cloudnative-pg/issues/793
 */
export function postgresContainer(context: ChildContext, more: readonly object[] = []): object {
  const { resources, ...server } = container(context, 'postgres', 'start.sh')
  return {
    ...server,
    ...(isHandedOver(context.spec, 'statefulSet.resources') ? {} : { resources }),
    env: [
      ...environment(context),
      ...more,
      ...(context.spec.tls === undefined ? [] : [{ name: 'PGTLS', value: MOUNTS.certificate }]),
      { name: 'PG_OOM_ADJUST_FILE', value: '/proc/self/oom_score_adj' },
      { name: 'PG_OOM_ADJUST_VALUE', value: '0' },
    ],
    ports: [{ name: 'postgresql', containerPort: POSTGRES_PORT, protocol: 'TCP' }],
    startupProbe: {
      exec: { command: ['sh', '-c', `${isReady(4)}; test $? -le 1`] },
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: STARTUP_FAILURES,
    },
    livenessProbe: {
      exec: { command: ['sh', '-c', `${isReady(9)}; test $? -le 1`] },
      periodSeconds: 10,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    readinessProbe: {
      exec: { command: ['sh', '-c', isReady(4)] },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    lifecycle: {
      // A checkpoint before the signal makes the shutdown checkpoint short. Its failure must not hold up the stop.
      preStop: {
        exec: {
          command: [
            'sh',
            '-c',
            'timeout 120 psql -qXAt -h "$PGRUN" -p "$PGPORT" -U postgres -d postgres -c CHECKPOINT >/dev/null 2>&1 || true',
          ],
        },
      },
    },
    volumeMounts: [...commonMounts(context), replicationMount(), ...certificateMounts(context)],
  }
}
