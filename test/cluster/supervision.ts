/** What the supervisor and those who talk to it say to each other. */
import { connect } from 'node:net'
import type { AuditLevel } from './control-plane-files.ts'
import type { Programs, ProgramName } from './programs-source.ts'

/** What the supervisor is started with. */
export interface SupervisorOptions {
  readonly programs: Programs
  /** Created when missing, must be empty, removed at the end. @default a new temporary directory */
  readonly directory?: string
  /** The cluster outlives whoever asked for it, until it is told to shut down. */
  readonly persistent: boolean
  /** @default no audit log */
  readonly audit?: AuditLevel
}

/** Everything somebody in another process needs to use the cluster. */
export interface ControlPlaneFacts {
  readonly server: string
  readonly certificateAuthority: string
  readonly adminToken: string
  readonly kubeconfig: string
  readonly clientCertificateKubeconfig: string
  readonly directory: string
  readonly kubectl: readonly [string, ...string[]]
  /** Present when the cluster was started with an audit log. */
  readonly auditLog?: string
}

/** The supervisor's only word on standard output. */
export type SupervisorMessage = { readonly ready: ControlPlaneFacts } | { readonly failed: string }

/** A program that can be stopped and started again while the cluster is up. */
export type RestartableProgram = Exclude<ProgramName, 'kubectl'>

/** One request over the supervisor's socket; each is answered when it is done. */
export type SupervisorCommand =
  | { readonly do: 'start' | 'stop'; readonly program: RestartableProgram }
  | { readonly do: 'processes' | 'shutdown' }

/** Process ids by name; the supervisor is one of them. */
export type ProcessIds = Readonly<Record<string, number>>

/** The answer to a command. */
export type SupervisorReply = { readonly processes: ProcessIds } | { readonly failed: string }

/**
 * Asks the supervisor behind `socket` to do something and waits until it is done.
 *
 * @throws Error when the supervisor is gone, or could not do it.
 */
export function sendCommand(socket: string, command: SupervisorCommand): Promise<ProcessIds> {
  return new Promise((resolve, reject) => {
    let text = ''
    const connection = connect(socket, () => connection.write(`${JSON.stringify(command)}\n`))
    connection.setEncoding('utf8')
    connection.on('data', (chunk: string) => {
      text += chunk
    })
    connection.on('error', reject)
    connection.on('end', () => {
      if (text === '') return reject(new Error('the supervisor ended without an answer'))
      const reply: SupervisorReply = JSON.parse(text)
      if ('failed' in reply) reject(new Error(reply.failed))
      else resolve(reply.processes)
    })
  })
}
