/** A PostgreSQL as a StatefulSet, written by hand: what the node is tested with must not come from the product. */

/** What may differ. */
export interface DatabaseOptions {
  readonly name: string
  readonly namespace: string
  /** @default postgres:18 */
  readonly image?: string
  /** Shell commands before the server starts. @default none */
  readonly before?: string
}

/** Password of the superuser. */
export const password = 'correct-horse-battery-staple'

const bootstrap = `
[ -s "$PGDATA/PG_VERSION" ] && exit 0
rm -rf "$PGDATA.init"
mkdir -p "$(dirname "$PGDATA")"
initdb -D "$PGDATA.init" -U postgres --pwfile="$PGSECRET/password" --auth-local=trust --auth-host=scram-sha-256 --no-sync
mv "$PGDATA.init" "$PGDATA"
`

const server =
  'exec postgres -c config_file="$PGCONF/postgresql.conf" -c listen_addresses="$PGLISTEN" -c unix_socket_directories="$PGRUN"'

/** The objects of one database: Secret, ConfigMap, StatefulSet. */
export function databaseObjects({ name, namespace, image = 'postgres:18', before = '' }: DatabaseOptions): object[] {
  const metadata = { name, namespace }
  const common = {
    image,
    env: [
      { name: 'PGROOT', value: '/var/lib/postgresql' },
      { name: 'PGDATA', value: '$(PGROOT)/data' },
      { name: 'PGCONF', value: '/etc/postgresql' },
      { name: 'PGRUN', value: '/var/run/postgresql' },
      { name: 'PGSECRET', value: '/run/secrets/database' },
      { name: 'PGPORT', value: '5432' },
      { name: 'PGLISTEN', value: '*' },
      { name: 'TERMINATION_LOG', value: '/dev/termination-log' },
    ],
    volumeMounts: [
      { name: 'data', mountPath: '/var/lib/postgresql' },
      { name: 'run', mountPath: '/var/run/postgresql' },
      { name: 'conf', mountPath: '/etc/postgresql' },
      { name: 'password', mountPath: '/run/secrets/database' },
    ],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'postgresql.conf': 'max_connections = 17\n' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        serviceName: name,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 20,
            securityContext: { runAsNonRoot: true, runAsUser: 999, fsGroup: 999 },
            initContainers: [{ ...common, name: 'bootstrap', command: ['bash', '-euc'], args: [bootstrap] }],
            containers: [
              {
                ...common,
                name: 'postgres',
                command: ['bash', '-euc'],
                args: [`${before}\n${server}`],
                ports: [{ name: 'postgres', containerPort: 5432 }],
                startupProbe: {
                  exec: { command: ['sh', '-c', 'pg_isready -q -h 127.0.0.1; test $? -le 1'] },
                  periodSeconds: 1,
                  failureThreshold: 60,
                },
                readinessProbe: {
                  exec: { command: ['pg_isready', '-q', '-h', '127.0.0.1', '-U', 'postgres'] },
                  periodSeconds: 1,
                },
                livenessProbe: { tcpSocket: { port: 'postgres' }, periodSeconds: 1, failureThreshold: 30 },
              },
            ],
            volumes: [
              { name: 'run', emptyDir: {} },
              { name: 'conf', configMap: { name } },
              { name: 'password', secret: { secretName: name, defaultMode: 0o440 } },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
  ]
}
