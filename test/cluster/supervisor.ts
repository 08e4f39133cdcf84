/**
 * The process that owns one control plane: it starts etcd, kube-apiserver and kube-controller-manager, and ends them.
 *
 * Responsibilities: everything the cluster leaves on this machine — processes, sockets, the directory — is created
 * and removed here, by one process, so that whoever asked for the cluster may die at any moment, also by SIGKILL.
 *
 * Workflow: options as JSON in argv → one line of JSON on standard output (`ready` or `failed`) → commands over
 * `supervisor.sock` → the end, in order, when standard input closes (the asker is gone), on `shutdown` or a signal.
 */
import { appendFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestApi } from './api-request.ts'
import type { ApiServerAddress } from './api-request.ts'
import { controlPlanePaths, kubeconfig, writeSecrets } from './control-plane-files.ts'
import { apiServerFlags, controllerManagerFlags, etcdFlags } from './control-plane-flags.ts'
import { acceptsConnections, freePort } from './listening.ts'
import { logTail, startProcess } from './supervised-process.ts'
import type { SupervisedProcess } from './supervised-process.ts'
import type {
  ControlPlaneFacts,
  ProcessIds,
  RestartableProgram,
  SupervisorCommand,
  SupervisorMessage,
  SupervisorOptions,
  SupervisorReply,
} from './supervision.ts'

/** Longer than the programs need when all is well; what remains after it is killed, nothing has to be saved. */
const graceMs = 5000
const readyWithinMs = 90_000
const lookEveryMs = 20
const portAttempts = 5
/** Of macOS; Linux allows four more. */
const longestSocketPath = 103
const stopOrder: readonly RestartableProgram[] = ['kube-controller-manager', 'kube-apiserver', 'etcd']

const options: SupervisorOptions = JSON.parse(process.argv[2] ?? '')
const directory = await makeDirectory()
const paths = controlPlanePaths(directory)
const running = new Map<RestartableProgram, SupervisedProcess>()
const flags = new Map<RestartableProgram, readonly string[]>([
  ['etcd', etcdFlags(paths)],
  ['kube-controller-manager', controllerManagerFlags(paths)],
])
let address: ApiServerAddress | undefined
/** Work is done one after the other; the end waits for what is under way. */
let work: Promise<unknown> = Promise.resolve()
let ending: Promise<never> | undefined

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(0))
process.on('uncaughtException', (error) => {
  appendFileSync(logFile('supervisor'), `${error.stack}\n`)
  void end(1)
})
// The other end of the pipe is held by whoever asked for the cluster, and closed by the kernel when that one is gone.
if (!options.persistent) process.stdin.on('end', () => void end(0)).resume()
// Nobody listens any more: the pipe above says so too, and is what ends the cluster.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

try {
  const facts = await inTurn(startCluster)
  await listen()
  say({ ready: facts })
} catch (error) {
  say({ failed: messageOf(error) })
  await end(1)
}

async function makeDirectory(): Promise<string> {
  const prefix = join(tmpdir(), 'cdk8s-database-')
  const longest = controlPlanePaths(options.directory ?? `${prefix}XXXXXX`).supervisorSocket
  if (Buffer.byteLength(longest) > longestSocketPath) return refuse(`${longest} is too long a path for a Unix socket`)
  if (options.directory === undefined) return mkdtemp(prefix)
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  if ((await readdir(options.directory)).length === 0) return options.directory
  return refuse(`${options.directory} is not empty`)
}

/** Before there is anything to clean up. */
function refuse(failed: string): never {
  say({ failed })
  return process.exit(1)
}

async function startCluster(): Promise<ControlPlaneFacts> {
  await start('etcd')
  const { certificateAuthority, adminToken, controllerManagerToken, clientCertificate } = await writeSecrets(
    directory,
    options.audit,
  )
  await until('etcd', etcdAccepts)
  const { server } = await startApiServer({ certificateAuthority, token: adminToken })
  const facts: ControlPlaneFacts = {
    server,
    certificateAuthority,
    adminToken,
    kubeconfig: paths.kubeconfig,
    clientCertificateKubeconfig: paths.clientCertificateKubeconfig,
    directory,
    kubectl: options.programs.kubectl,
    ...(options.audit === undefined ? {} : { auditLog: paths.auditLog }),
  }
  const kubeconfigFor = (user: Parameters<typeof kubeconfig>[2]): string =>
    kubeconfig(server, certificateAuthority, user)
  await Promise.all([
    write(paths.kubeconfig, kubeconfigFor({ token: adminToken })),
    write(paths.clientCertificateKubeconfig, kubeconfigFor(clientCertificate)),
    write(paths.controllerManagerKubeconfig, kubeconfigFor({ token: controllerManagerToken })),
    write(paths.facts, JSON.stringify(facts)),
  ])
  await start('kube-controller-manager')
  await until('kube-controller-manager', defaultNamespaceIsFurnished)
  return facts
}

/** The port is free when it is chosen; somebody may take it before the server does, then another one is tried. */
async function startApiServer(credentials: Omit<ApiServerAddress, 'server'>): Promise<ApiServerAddress> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    address = { ...credentials, server: `https://127.0.0.1:${port}` }
    flags.set('kube-apiserver', apiServerFlags(paths, port, options.audit))
    try {
      await start('kube-apiserver')
      await until('kube-apiserver', apiServerIsReady)
      return address
    } catch (error) {
      if (attempt === portAttempts || !messageOf(error).includes('address already in use')) throw error
    }
  }
}

async function start(program: RestartableProgram): Promise<void> {
  if (ending !== undefined) throw new Error('the cluster is being stopped')
  running.set(
    program,
    await startProcess({
      command: options.programs[program],
      args: flags.get(program) ?? [],
      directory,
      logFile: logFile(program),
    }),
  )
  await write(paths.processes, JSON.stringify(processIds()))
}

async function stop(program: RestartableProgram): Promise<void> {
  await running.get(program)?.stop(graceMs)
  running.delete(program)
  await write(paths.processes, JSON.stringify(processIds()))
}

/** Waits for `isReady`; a refused connection is only "not yet". */
async function until(program: RestartableProgram, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  let last: unknown
  while (Date.now() < deadline) {
    if (ending !== undefined) throw new Error('the cluster is being stopped')
    if (running.get(program)?.hasExited() !== false) {
      throw new Error(`${program} ended while it started:\n${logTail(logFile(program))}`)
    }
    try {
      if (await isReady()) return
    } catch (error) {
      last = error
    }
    await sleep(lookEveryMs)
  }
  throw new Error(`${program} did not become ready: ${messageOf(last)}\n${logTail(logFile(program))}`)
}

function etcdAccepts(): Promise<boolean> {
  return acceptsConnections(paths.etcdSocket)
}

async function get(path: string): Promise<boolean> {
  if (address === undefined) return false
  return (await requestApi(address, 'GET', path, { timeoutMs: 5000 })).status === 200
}

function apiServerIsReady(): Promise<boolean> {
  return get('/readyz')
}

/** Pods need both; they are what the controller manager does first. */
async function defaultNamespaceIsFurnished(): Promise<boolean> {
  const namespace = '/api/v1/namespaces/default'
  return (await get(`${namespace}/serviceaccounts/default`)) && (await get(`${namespace}/configmaps/kube-root-ca.crt`))
}

async function listen(): Promise<void> {
  const server = createServer((connection) => {
    connection.setEncoding('utf8')
    // Whoever asked may be gone before the answer; the command is carried out all the same.
    connection.on('error', () => connection.destroy())
    let text = ''
    connection.on('data', (chunk: string) => {
      text += chunk
      if (!text.endsWith('\n')) return
      const command: SupervisorCommand = JSON.parse(text)
      void answer(connection, command)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(paths.supervisorSocket, resolve)
  })
}

async function answer(connection: Socket, command: SupervisorCommand): Promise<void> {
  const reply = (said: SupervisorReply): Promise<void> =>
    new Promise((resolve) => {
      connection.once('close', () => resolve())
      connection.end(JSON.stringify(said))
    })
  try {
    if (command.do === 'shutdown') await end(0, () => reply({ processes: {} }))
    if ('program' in command) await inTurn(() => carryOut(command))
    await reply({ processes: processIds() })
  } catch (error) {
    await reply({ failed: messageOf(error) })
  }
}

async function carryOut({ do: what, program }: Extract<SupervisorCommand, { program: unknown }>): Promise<void> {
  if (what === 'stop') return stop(program)
  if (running.get(program)?.hasExited() === false) return
  await start(program)
  if (program === 'etcd') await until(program, etcdAccepts)
  if (program === 'kube-apiserver') await until(program, apiServerIsReady)
}

function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
  const turn = work.then(task, task)
  work = turn.catch(() => undefined)
  return turn
}

/** Ends everything in order, removes the directory and leaves; only the first call counts. */
function end(code: number, afterwards: () => Promise<void> = async () => undefined): Promise<never> {
  ending ??= (async (): Promise<never> => {
    await work
    for (const program of stopOrder) await running.get(program)?.stop(graceMs)
    // Retried, because a kubectl that is still running may write to its cache in there.
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
    await afterwards()
    return process.exit(code)
  })()
  return ending
}

function processIds(): ProcessIds {
  return { supervisor: process.pid, ...Object.fromEntries([...running].map(([name, { pid }]) => [name, pid])) }
}

function write(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600 })
}

function logFile(program: string): string {
  return join(directory, `${program}.log`)
}

function say(message: SupervisorMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
