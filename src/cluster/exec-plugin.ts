import type { ExecPlugin } from './credential-source.ts'
import type { Credential } from './credential.ts'
import { CredentialError } from './errors.ts'
import { isJsonObject } from './json-object.ts'
import { systemErrorCode } from './system-error.ts'
import { isToken } from './bearer-token.ts'

/** The process that a plugin runs in. */
export interface PluginProcess {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  readonly now: () => number
}

/** A credential and the time, epoch milliseconds, when it stops to be one. */
export interface PluginCredential extends Credential {
  readonly expiresAt?: number
}

const maxOutputBytes = 1024 * 1024

/**
 * Runs an exec plugin once: no standard input, a deadline, bounded output.
 *
 * @throws {@link CredentialError} naming the command and at most the first line of its standard error
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runPlugin(plugin: ExecPlugin, process: PluginProcess): Promise<PluginCredential> {
  const output = await printedBy(plugin, process)
  let parsed: unknown
  try {
    parsed = JSON.parse(output)
  } catch {
    // The parser's message quotes the output, and the output is a secret.
    throw failure(plugin, 'printed something that is not JSON')
  }
  return readCredential(plugin, parsed, process.now())
}

function readCredential(plugin: ExecPlugin, printed: unknown, now: number): PluginCredential {
  if (!isJsonObject(printed) || printed['kind'] !== 'ExecCredential')
    throw failure(plugin, 'did not print an ExecCredential')
  if (printed['apiVersion'] !== plugin.apiVersion) {
    throw failure(plugin, `printed an ExecCredential of another apiVersion than ${plugin.apiVersion}`)
  }
  const status = isJsonObject(printed['status']) ? printed['status'] : {}
  const text = (key: string): string | undefined => {
    const value = status[key] ?? ''
    if (typeof value !== 'string') throw failure(plugin, `printed a status.${key} that is not a string`)
    return value === '' ? undefined : value
  }
  const token = text('token')?.trim()
  const certificate = text('clientCertificateData')
  const key = text('clientKeyData')
  if (token === undefined && certificate === undefined)
    throw failure(plugin, 'printed neither a token nor a client certificate')
  if ((certificate === undefined) !== (key === undefined))
    throw failure(plugin, 'printed half of a client certificate and key')
  if (token !== undefined && !isToken(token)) throw failure(plugin, 'printed a token that cannot stand in a header')
  const expiresAt = readExpiry(plugin, text('expirationTimestamp'), now)
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function readExpiry(plugin: ExecPlugin, timestamp: string | undefined, now: number): number | undefined {
  if (timestamp === undefined) return undefined
  const expiresAt = Date.parse(timestamp)
  if (Number.isNaN(expiresAt)) throw failure(plugin, 'printed an expirationTimestamp that is not a time')
  if (expiresAt <= now) throw failure(plugin, `printed a credential that expired at ${timestamp} (is the clock right?)`)
  return expiresAt
}

async function printedBy(plugin: ExecPlugin, { environment, timeoutMs }: PluginProcess): Promise<string> {
  // Loaded only where a plugin runs: everybody else starts a few milliseconds sooner.
  const { spawn } = await import('node:child_process')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(plugin.command, [...plugin.args], {
    // A plugin that asks on standard input would wait for ever.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...plugin.environment, KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(plugin)) },
    windowsHide: true,
  })
  const output: Buffer[] = []
  let outputBytes = 0
  let complaint = ''
  const end = (error?: CredentialError): void => {
    clearTimeout(timer)
    child.kill('SIGKILL')
    // A grandchild may hold the pipes open; they must not keep this process alive.
    child.stdout.destroy()
    child.stderr.destroy()
    if (error === undefined) resolve(Buffer.concat(output).toString('utf8'))
    else reject(error)
  }
  const timer = setTimeout(() => end(failure(plugin, `did not finish within ${timeoutMs / 1000} s`)), timeoutMs)
  child.stdout.on('data', (chunk: Buffer) => {
    output.push(chunk)
    outputBytes += chunk.length
    if (outputBytes > maxOutputBytes) end(failure(plugin, 'printed more than 1 MiB'))
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 4096) complaint += chunk.toString('utf8')
  })
  child.on('error', (error) => {
    const code = systemErrorCode(error)
    end(failure(plugin, code === 'ENOENT' ? 'was not found' : `could not be started: ${code}`, error))
  })
  child.on('close', (status, signal) => {
    if (status === 0) return end()
    const said = firstLine(complaint)
    end(failure(plugin, `failed with ${signal ?? `exit code ${status}`}${said === '' ? '' : `: ${said}`}`))
  })
  return promise
}

function execInfo(plugin: ExecPlugin): Readonly<Record<string, unknown>> {
  return {
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { interactive: false, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  }
}

function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? ''
  // Colours and other control sequences of a plugin have no place in our messages.
  return line
    .trim()
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, 200)
}

function failure(plugin: ExecPlugin, problem: string, cause?: unknown): CredentialError {
  return new CredentialError(
    `the exec plugin ${plugin.command} ${problem}`,
    plugin.installHint === undefined ? {} : { hint: plugin.installHint.trim() },
    cause === undefined ? undefined : { cause },
  )
}
