/** An HTTPS API server that holds one database and answers what `status` asks, for starts of the command that count. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificateAuthority, issueCertificate } from '../cluster/certificate.ts'

/** How a user of the kubeconfig logs in. */
export type Login = 'token' | 'certificate'

/** A running server. */
export interface OneDatabaseServer {
  /** Kubeconfig of the user that logs in that way; the server refuses everybody else. */
  kubeconfig(login: Login): string
  /** Requests that were answered so far. */
  requests(): number
  /** Ends the server and removes the kubeconfigs. */
  stop(): Promise<void>
}

const NAMESPACE = 'shop'
const NAME = 'orders'
const TOKEN = 'cold-start'

/** Starts it on a free port of 127.0.0.1. */
export async function startOneDatabaseServer(): Promise<OneDatabaseServer> {
  const authority = createCertificateAuthority('one database')
  const serving = issueCertificate(authority, { commonName: 'server', hosts: ['127.0.0.1'] })
  const client = issueCertificate(authority, { commonName: 'developer' })
  let requests = 0
  const server = createServer(
    {
      cert: serving.certificate,
      key: serving.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    },
    ({ headers, socket, url = '' }, response) => {
      requests += 1
      const known = headers.authorization === `Bearer ${TOKEN}` || (socket as TLSSocket).authorized
      if (known) answer(url, response)
      else
        send(response, 401, { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 })
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const directory = await mkdtemp(join(tmpdir(), 'one-database-'))
  const file = (login: Login): string => join(directory, `${login}.yaml`)
  const user = {
    token: { token: TOKEN },
    certificate: {
      'client-certificate-data': base64(client.certificate),
      'client-key-data': base64(client.key),
    },
  }
  const cluster = {
    server: `https://127.0.0.1:${portOf(server)}`,
    'certificate-authority-data': base64(authority.certificate),
  }
  for (const login of ['token', 'certificate'] as const) {
    await writeFile(file(login), kubeconfigText(cluster, user[login]), { mode: 0o600 })
  }
  return {
    kubeconfig: file,
    requests: () => requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true })
    },
  }
}

function answer(url: string, response: ServerResponse): void {
  const { pathname } = new URL(url, 'https://server')
  const object = OBJECTS.find(({ path }) => path === pathname)
  if (object === undefined)
    send(response, 404, { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 })
  else send(response, 200, object.body)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

const labels = { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/instance': NAME }
const metadata = (name: string): object => ({
  name,
  namespace: NAMESPACE,
  uid: `uid-${name}`,
  generation: 1,
  resourceVersion: '1',
  labels,
})
const list = (apiVersion: string, kind: string, ...items: readonly object[]): object => ({
  apiVersion,
  kind: `${kind}List`,
  metadata: { resourceVersion: '9' },
  items,
})
const isReady = { type: 'Ready', status: 'True', reason: 'AllChecksPassed', message: 'ready', observedGeneration: 1 }
const core = `/api/v1/namespaces/${NAMESPACE}`

/** What the server holds, by the path under which it is asked for. */
const OBJECTS: readonly { readonly path: string; readonly body: object }[] = [
  {
    path: `/apis/database.example.com/v1/namespaces/${NAMESPACE}/databases`,
    body: list('database.example.com/v1', 'Database', {
      metadata: metadata(NAME),
      spec: { image: 'postgres:18.4', databaseName: 'orders', username: 'orders_app', storage: { size: '10Gi' } },
      status: { phase: 'Ready', ready: true, observedGeneration: 1, conditions: [isReady] },
    }),
  },
  {
    path: `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/${NAME}`,
    body: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(NAME),
      spec: { replicas: 1, updateStrategy: { type: 'RollingUpdate' } },
      status: {
        observedGeneration: 1,
        replicas: 1,
        readyReplicas: 1,
        currentReplicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
      },
    },
  },
  {
    path: `${core}/pods`,
    body: list('v1', 'Pod', {
      metadata: metadata(`${NAME}-0`),
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `data-${NAME}-0` } }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }),
  },
  {
    path: `${core}/persistentvolumeclaims`,
    body: list('v1', 'PersistentVolumeClaim', { metadata: metadata(`data-${NAME}-0`), status: { phase: 'Bound' } }),
  },
  ...[NAME, `${NAME}-pods`].map((name) => ({
    path: `${core}/services/${name}`,
    body: { apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec: { clusterIP: '10.0.0.7' } },
  })),
  {
    path: `${core}/configmaps/${NAME}-config`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(`${NAME}-config`), data: {} },
  },
  {
    path: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/${NAME}`,
    body: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: metadata(NAME), spec: {} },
  },
  {
    path: `${core}/secrets/${NAME}-credentials`,
    body: { apiVersion: 'v1', kind: 'Secret', metadata: metadata(`${NAME}-credentials`), data: {} },
  },
]

/** Block YAML, as kubectl writes it: reading the kubeconfig is part of the start. */
function kubeconfigText(cluster: Readonly<Record<string, string>>, user: Readonly<Record<string, string>>): string {
  const fields = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map(([key, value]) => `    ${key}: ${value}`)
      .join('\n')
  return `apiVersion: v1
clusters:
- cluster:
${fields(cluster)}
  name: local
contexts:
- context:
    cluster: local
    namespace: ${NAMESPACE}
    user: developer
  name: local
current-context: local
kind: Config
preferences: {}
users:
- name: developer
  user:
${fields(user)}
`
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address === 'object' && address !== null) return address.port
  throw new Error('the server has no port')
}
