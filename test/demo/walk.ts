import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { isStoredWrite } from '../cluster/audit-log.ts'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { Client } from '../../src/cluster/client.ts'
import { createCredentials } from '../../src/cluster/credentials.ts'
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts'
import { openPortForward } from '../../src/cluster/port-forward.ts'
import { Transport } from '../../src/cluster/transport.ts'
import { heading, runCommand, say, showCommand } from './narration.ts'

/** What a walk needs. */
export interface WalkOptions {
  readonly controlPlane: ControlPlane
  /** A copy of the lab's manifest that may be changed. */
  readonly manifest: string
  readonly keep: boolean
  /** Time to hold each phase. */
  readonly pace: string | undefined
}

/** Every step of the tour. @throws Error where a step does not do what it is there to show */
export async function walk({ controlPlane, manifest, keep, pace }: WalkOptions): Promise<void> {
  const { kubeconfig } = controlPlane
  const kubectl = async (...args: string[]): Promise<string> => {
    showCommand(`kubectl ${args.join(' ')}`)
    const { stdout, stderr } = await controlPlane.kubectl(args)
    process.stdout.write(stdout + stderr)
    return stdout
  }
  const run = async (expected: number, ...args: string[]): Promise<void> => {
    const code = await runCommand(args, kubeconfig)
    if (code !== expected) throw new Error(`${args[0]} ended with exit code ${code}, expected ${expected}`)
  }

  heading(1, 'Synthesise: the manifests of this repository, written into dist/')
  await run(0, 'synth')

  heading(2, 'Apply the definition and a Database of eight lines')
  process.stdout.write(readFileSync(manifest, 'utf8').replaceAll(/^/gm, '    ').trimEnd())
  say('')
  await run(
    0,
    'apply',
    '-f',
    'dist/database-crd.k8s.yaml',
    '-f',
    manifest,
    ...(pace === undefined ? [] : ['--pace', pace]),
  )
  await kubectl('get', 'db', '-o', 'wide')

  heading(3, 'Log in as the application role, through the API server')
  await login(controlPlane, keep)

  heading(4, 'Apply the same again: nothing to do')
  const before = (await controlPlane.auditEvents()).length
  await run(0, 'apply', '-f', 'dist/database-crd.k8s.yaml', '-f', manifest)
  const writes = (await controlPlane.auditEvents())
    .slice(before)
    .filter((event) => isStoredWrite(event) && isOurs(event))
  say(`the API server's audit log of this run: ${writes.length} writes`)
  if (writes.length > 0) throw new Error('a second apply wrote something')

  heading(5, 'Change one setting: the difference first, then the change')
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8').trimEnd()}\n  parameters:\n    work_mem: 8MB\n`)
  await run(1, 'diff', '-f', manifest)
  await run(0, 'apply', '-f', manifest)

  heading(6, 'Look at what belongs to it')
  await run(0, 'status')

  heading(7, 'Delete it: volume and credentials stay')
  await run(0, 'delete', '-f', manifest)
  const left = await kubectl('get', 'db,statefulset,pod,pvc,secret', '-o', 'name')
  for (const kept of ['persistentvolumeclaim/data-test-db-0', 'secret/test-db-credentials']) {
    if (!left.includes(kept)) throw new Error(`${kept} is gone`)
  }
  if (!keep) return

  heading(8, 'Apply once more: the same data, the same password')
  await run(0, 'apply', '-f', manifest)
}

/** Requests of the applier, not of controllers, the node or kubectl. */
function isOurs(event: { readonly userAgent?: string }): boolean {
  return event.userAgent?.startsWith('cdk8s-database') === true
}

/** Reads the password as an application would, and asks PostgreSQL who is there. */
async function login(controlPlane: ControlPlane, keep: boolean): Promise<void> {
  const { stdout } = await controlPlane.kubectl([
    'get',
    'secret',
    'test-db-credentials',
    '-o',
    'jsonpath={.data.password}',
  ])
  const password = Buffer.from(stdout, 'base64').toString('utf8')
  const connection = await loadKubeconfig({ flag: controlPlane.kubeconfig, environment: {} })
  const transport = new Transport(connection, createCredentials(connection, { environment: {} }))
  await new Client(transport).discovery.find('v1', 'Pod')
  const server = createServer((socket) => {
    openPortForward(transport, { namespace: 'default', pod: 'test-db-0', port: 5432 }).then(
      (stream) => void socket.pipe(stream).pipe(socket),
      (error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'admin', database: 'mydb', password })
  try {
    await client.connect()
    const query =
      'select current_user, current_database(), (select rolsuper from pg_roles where rolname = current_user) as superuser, version()'
    showCommand(`psql -h 127.0.0.1 -p ${port} -U admin mydb -c "select current_user, …"`)
    const { rows } = await client.query<Record<string, unknown>>(query)
    for (const [name, value] of Object.entries(rows[0] ?? {})) say(`  ${name.padEnd(16)} ${String(value)}`)
  } finally {
    await client.end()
    server.close()
    transport.close()
  }
  say('\nendpoint inside the cluster: test-db.default.svc.cluster.local:5432')
  say(`from here, ${keep ? 'while the cluster is up' : 'on a cluster that stays up (npm run demo -- --keep)'}:`)
  say('  kubectl port-forward pod/test-db-0 5432:5432 &')
  say('  PGPASSWORD=$(kubectl get secret test-db-credentials -o jsonpath={.data.password} | base64 -d) \\')
  say('    psql -h 127.0.0.1 -U admin mydb')
}
