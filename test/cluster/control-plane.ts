/**
 * A throwaway Kubernetes control plane: real etcd, kube-apiserver and kube-controller-manager as local processes.
 *
 * Safety: everything is on loopback or Unix sockets, in one directory that only this user reads. The processes and
 * the directory go when the cluster is stopped, and when the process that started it ends in any way.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { requestApi } from './api-request.ts'
import type { ApiReply, ApiRequestOptions, ApiServerAddress } from './api-request.ts'
import { AuditLog } from './audit-log.ts'
import type { AuditEvent } from './audit-log.ts'
import { controlPlanePaths, kubeconfig } from './control-plane-files.ts'
import type { AuditLevel } from './control-plane-files.ts'
import { runKubectl } from './kubectl.ts'
import type { KubectlOptions, KubectlResult } from './kubectl.ts'
import { findPrograms } from './programs.ts'
import { sendCommand } from './supervision.ts'
import type { ControlPlaneFacts, ProcessIds, SupervisorMessage, SupervisorOptions } from './supervision.ts'

export type { ApiReply, AuditEvent, KubectlResult, ProcessIds }

/** What kind of cluster to start. */
export interface ControlPlaneOptions {
  /** Keep an audit log: `Request` has the bodies that were sent, too. @default no audit log */
  readonly audit?: AuditLevel
  /** Takes a line whenever something slow happens. @default standard error */
  readonly log?: (line: string) => void
  /** Created when missing, must be empty, removed at the end. @default a new temporary directory */
  readonly directory?: string
  /** The cluster outlives this process; end it with `attachControlPlane(directory).stop()`. @default false */
  readonly persistent?: boolean
}

/** A running control plane. */
export interface ControlPlane extends Omit<ControlPlaneFacts, 'kubectl'> {
  /** `https://127.0.0.1:PORT`; stays the same across restarts of the API server. */
  readonly server: string
  /** PEM */
  readonly certificateAuthority: string
  /** Token of user `admin`, group `system:masters`. */
  readonly adminToken: string
  /** Path of an admin kubeconfig with that token; context `throwaway`, namespace `default`. */
  readonly kubeconfig: string
  /** Path of a kubeconfig with a client certificate: user `certificate-admin`, group `system:masters`. */
  readonly clientCertificateKubeconfig: string
  /** Everything the cluster has on disk; only this user can read it. */
  readonly directory: string

  /** One request as admin. Every HTTP status is an answer, only a missing answer is an error. */
  request(method: string, path: string, options?: ApiRequestOptions): Promise<ApiReply>
  /** The program that `kubectl` runs, with its first arguments: for showing it to a user. */
  readonly kubectlCommand: readonly string[]
  /** Runs kubectl, as admin unless told otherwise. An exit code other than 0 is a result, not an error. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>
  /**
   * Every request that has been answered since the start of the cluster, or since it was attached to, in the order of
   * the answers.
   *
   * An event is there before its reply has arrived, so requests can be counted right after the last reply.
   *
   * @throws Error when the cluster was started without `audit`.
   */
  auditEvents(): Promise<readonly AuditEvent[]>
  /**
   * Creates a ServiceAccount without any rights and answers the path of a kubeconfig with a token for it, whose
   * namespace is `namespace`. The caller grants the rights.
   */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>
  /** Ends the API server as a rolling update does: requests under way are finished, watches are closed. */
  stopApiServer(): Promise<void>
  /** Starts it on the same port and waits until it is ready. */
  startApiServer(): Promise<void>
  /** `stopApiServer`, then `startApiServer`. */
  restartApiServer(): Promise<void>
  /** Ends the store under the running API server, and starts it again with what it holds. */
  restartEtcd(): Promise<void>
  /** From then on nothing reconciles: no pods for StatefulSets, no garbage collection. */
  stopControllerManager(): Promise<void>
  startControllerManager(): Promise<void>
  /** Ids of the cluster's processes, by program. */
  processes(): Promise<ProcessIds>
  /** Ends the processes and removes the directory. Stopping a cluster that is gone does nothing. */
  stop(): Promise<void>
}

/**
 * Starts a control plane; it is ready to accept pods when this resolves, after about four seconds.
 *
 * The first start on a machine downloads or builds the programs, which takes minutes and is reported to `log`.
 *
 * @throws ProgramsUnavailableError when this machine has no control plane and cannot get one.
 * @throws Error with the end of the log of the program that did not start.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { audit, directory, log, persistent = false } = options
  const supervisorOptions: SupervisorOptions = {
    programs: await findPrograms(log === undefined ? {} : { log }),
    persistent,
    ...(audit === undefined ? {} : { audit }),
    ...(directory === undefined ? {} : { directory }),
  }
  const supervisor = spawn(
    process.execPath,
    [join(import.meta.dirname, 'supervisor.ts'), JSON.stringify(supervisorOptions)],
    // A session of its own: what ends this process and its terminal must not end the supervisor before its children.
    { detached: true, stdio: [persistent ? 'ignore' : 'pipe', 'pipe', 'pipe'] },
  )
  const facts = await firstWord(supervisor)
  release(supervisor)
  const exited = new Promise<void>((resolve) => {
    supervisor.once('exit', () => {
      removeRemains(facts.directory)
      resolve()
    })
  })
  return controlPlane(facts, 'beginning', () => {
    supervisor.ref()
    return exited
  })
}

/**
 * A handle on a control plane that another process started, for instance a persistent one.
 *
 * @throws Error when there is none in `directory`.
 */
export async function attachControlPlane(directory: string): Promise<ControlPlane> {
  const { facts } = controlPlanePaths(directory)
  const read: ControlPlaneFacts = JSON.parse(await readFile(facts, 'utf8'))
  return controlPlane(read, 'now')
}

function controlPlane(
  facts: ControlPlaneFacts,
  auditedFrom: 'beginning' | 'now',
  hasEnded: () => Promise<void> = async () => undefined,
): ControlPlane {
  const { directory, server, certificateAuthority, adminToken } = facts
  const { supervisorSocket } = controlPlanePaths(directory)
  const address: ApiServerAddress = { server, certificateAuthority, token: adminToken }
  const auditLog = facts.auditLog === undefined ? undefined : new AuditLog(facts.auditLog, auditedFrom)
  const apiServer = (what: 'start' | 'stop') => (): Promise<void> => command({ do: what, program: 'kube-apiserver' })
  const controllerManager = (what: 'start' | 'stop') => (): Promise<void> =>
    command({ do: what, program: 'kube-controller-manager' })
  const etcd = (what: 'start' | 'stop'): Promise<void> => command({ do: what, program: 'etcd' })
  const command = async (sent: Parameters<typeof sendCommand>[1]): Promise<void> => {
    await sendCommand(supervisorSocket, sent)
  }
  return {
    ...facts,
    request: (method, path, options) => requestApi(address, method, path, options),
    kubectlCommand: facts.kubectl,
    kubectl: (args, options) => runKubectl(facts, args, options),
    async auditEvents() {
      if (auditLog === undefined) throw new Error('this control plane was started without an audit log')
      return auditLog.read()
    },
    async serviceAccountKubeconfig(namespace, name) {
      const token = await createServiceAccount(address, namespace, name)
      const file = join(directory, `${namespace}.${name}.kubeconfig`)
      await writeFile(file, kubeconfig(server, certificateAuthority, { token }, namespace), { mode: 0o600 })
      return file
    },
    stopApiServer: apiServer('stop'),
    startApiServer: apiServer('start'),
    async restartApiServer() {
      await this.stopApiServer()
      await this.startApiServer()
    },
    async restartEtcd() {
      await etcd('stop')
      await etcd('start')
    },
    stopControllerManager: controllerManager('stop'),
    startControllerManager: controllerManager('start'),
    processes: () => sendCommand(supervisorSocket, { do: 'processes' }),
    async stop() {
      try {
        await command({ do: 'shutdown' })
      } catch (error) {
        const isGone =
          error instanceof Error && 'code' in error && ['ENOENT', 'ECONNREFUSED'].includes(String(error.code))
        if (!isGone) throw error
      }
      await hasEnded()
    },
  }
}

const tokenReply = z.object({ status: z.object({ token: z.string() }) })

async function createServiceAccount(address: ApiServerAddress, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
  const created = await requestApi(address, 'POST', path, {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
  })
  if (created.status !== 201) throw new Error(`could not create ${path}/${name}: ${JSON.stringify(created.body)}`)
  const requested = await requestApi(address, 'POST', `${path}/${name}/token`, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } },
  })
  if (requested.status !== 201) throw new Error(`no token for ${path}/${name}: ${JSON.stringify(requested.body)}`)
  return tokenReply.parse(requested.body).status.token
}

/** Waits for the supervisor's one message. */
function firstWord(supervisor: ChildProcess): Promise<ControlPlaneFacts> {
  return new Promise((resolve, reject) => {
    let said = ''
    let complaints = ''
    supervisor.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
    supervisor.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!said.endsWith('\n')) return
      const message: SupervisorMessage = JSON.parse(said)
      if ('ready' in message) resolve(message.ready)
      else reject(new Error(`the control plane did not start: ${message.failed}`))
    })
    supervisor.once('error', reject)
    supervisor.once('close', () => reject(new Error(`the supervisor of the control plane ended: ${complaints}`)))
  })
}

/** A running cluster does not keep this process alive; the pipe stays open until this process ends. */
function release(supervisor: ChildProcess): void {
  supervisor.unref()
  for (const stream of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}

/** Only when the supervisor itself was killed is there something left: then its last list of processes says what. */
function removeRemains(directory: string): void {
  let list: string
  try {
    list = readFileSync(controlPlanePaths(directory).processes, 'utf8')
  } catch {
    return // The usual case: the supervisor removed the directory.
  }
  const processes: ProcessIds = JSON.parse(list)
  for (const pid of Object.values(processes)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      continue // Gone already.
    }
  }
  rmSync(directory, { recursive: true, force: true })
}
