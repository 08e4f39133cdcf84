/** Databases as the end-to-end tests know them: manifests, and what the cluster says about them. */
import { Buffer } from 'node:buffer'
import pg from 'pg'
import { join } from 'node:path'
import type { SharedControlPlane } from '../cluster/shared.ts'
import { isStoredWrite } from '../cluster/audit-log.ts'
import type { AuditEvent } from '../cluster/audit-log.ts'
import { withPodRelay } from '../cluster/pod-relay.ts'
import { PROJECT, cli } from './command.ts'

type Cluster = Pick<SharedControlPlane, 'kubectl' | 'kubeconfig' | 'auditEvents' | 'request'>

/** File of the definition, as synth wrote it. */
export const CRD_FILE: string = join(PROJECT, 'dist', 'database-crd.k8s.yaml')

/** The lab's manifest, word for word, but for what is replaced. */
export function labManifest(replacements: Readonly<Record<string, string>> = {}): string {
  let text = `apiVersion: database.example.com/v1
kind: Database
metadata:
  name: test-db
spec:
  image: postgres:14
  replicas: 1
  databaseName: mydb
  username: admin
  storage:
    size: 10Gi
`
  for (const [before, after] of Object.entries(replacements)) text = text.replace(before, after)
  return text
}

/** Installs the definition; several test files may do so at the same time. */
export async function installDefinition(cluster: Cluster): Promise<void> {
  const { code, stderr } = await cli(['apply', '-f', CRD_FILE], { kubeconfig: cluster.kubeconfig })
  if (code !== 0) throw new Error(stderr)
}

/** One field of the Database, as kubectl prints it. */
export async function field(
  cluster: Cluster,
  namespace: string,
  path: string,
  object = 'database/test-db',
): Promise<string> {
  const { stdout } = await cluster.kubectl(['-n', namespace, 'get', object, '-o', `jsonpath={${path}}`])
  return stdout
}

/** The password in the credentials Secret. */
export async function password(cluster: Cluster, namespace: string, name = 'test-db'): Promise<string> {
  return Buffer.from(
    await field(cluster, namespace, '.data.password', `secret/${name}-credentials`),
    'base64',
  ).toString('utf8')
}

/** Runs SQL as the application role, through the API server, with a port-forward that is not ours. */
export async function query(
  cluster: Cluster,
  namespace: string,
  sql: string,
  login: {
    readonly password: string
    readonly user?: string
    readonly name?: string
    readonly pod?: string
    readonly database?: string
  },
): Promise<Record<string, unknown>[]> {
  const pod = login.pod ?? `${login.name ?? 'test-db'}-0`
  return withPodRelay({ kubeconfig: cluster.kubeconfig, namespace, pod }, async (port) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: login.user ?? 'admin',
      database: login.database ?? 'mydb',
      password: login.password,
    })
    client.on('error', () => undefined) // The tunnel may end before the client does.
    try {
      await client.connect()
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  })
}

/** What the applier stored in a namespace, by the API server's own record. */
export async function storedWrites(cluster: Cluster, namespace: string): Promise<readonly AuditEvent[]> {
  const events = await cluster.auditEvents()
  return events.filter(
    (event) =>
      isStoredWrite(event) &&
      event.userAgent?.startsWith('cdk8s-database') === true &&
      event.objectRef?.namespace === namespace,
  )
}

/** Phases of a Database in the order in which they were written, from the API server's record of status writes. */
export async function writtenPhases(cluster: Cluster, namespace: string): Promise<string[]> {
  const events = await storedWrites(cluster, namespace)
  const phases = events
    .filter(({ objectRef }) => objectRef?.resource === 'databases' && objectRef.subresource === 'status')
    .map(({ requestObject }) => (requestObject as { status?: { phase?: string } } | undefined)?.status?.phase ?? '')
  return phases.filter((phase, index) => phase !== phases[index - 1])
}
