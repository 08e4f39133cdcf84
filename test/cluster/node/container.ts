/** One container of a pod: a process on this machine, and the state that the pod's status shows of it. */
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareContainer, terminationMessageFile } from './container-request.ts'
import { stopContainer } from './container-stop.ts'
import { ContainerConfigError } from './environment.ts'
import { pullImage } from './image-pull.ts'
import type { PulledImage } from './image-pull.ts'
import { timestamp } from './objects.ts'
import type { Container, ContainerState, ContainerStatus, TerminatedState } from './objects.ts'
import type { PodContext } from './pod-context.ts'
import type { ProbeTarget } from './probe-attempt.ts'
import { watchProbes } from './probes.ts'
import { StartError } from './processes.ts'
import type { CommandResult, ProcessRequest, RunningProcess } from './processes.ts'
import { readTerminationMessage } from './termination-message.ts'

/** A missing Secret is looked for again after this time. */
const configRetryMs = 1000
type Waiting = NonNullable<ContainerState['waiting']>

/** Runs one container, again and again if asked to. */
export class ContainerRunner {
  readonly #context: PodContext
  readonly #name: string
  readonly #kind: 'init' | 'regular'
  readonly #containerDirectory: string
  #state: ContainerState
  #lastState: ContainerState = {}
  #ready = false
  #started = false
  #starts: number
  #image: PulledImage | undefined
  #containerID: string | undefined
  /** Settled when a process that is being started is there, or will not be. */
  #starting: Promise<void> = Promise.resolve()
  #process: RunningProcess | undefined
  #request: ProcessRequest | undefined
  #stopping: Promise<void> | undefined

  constructor(context: PodContext, name: string, kind: 'init' | 'regular', initialReason: string) {
    this.#context = context
    this.#name = name
    this.#kind = kind
    this.#containerDirectory = join(context.directory, 'c', name)
    this.#state = { waiting: { reason: initialReason } }
    const { initContainerStatuses = [], containerStatuses = [] } = context.pod().status ?? {}
    // A node that was restarted finds what its predecessor wrote: that container is gone, this is its next start.
    const known = [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name)
    this.#starts = known?.containerID === undefined ? 0 : known.restartCount + 1
  }

  /** The container as the pod's specification has it now. */
  get spec(): Container {
    const { initContainers = [], containers } = this.#context.pod().spec
    const spec = [...initContainers, ...containers].find(({ name }) => name === this.#name)
    if (spec === undefined) throw new Error(`the pod has no container ${this.#name}`)
    return spec
  }

  get name(): string {
    return this.#name
  }

  /** Id of the main process while there is one. */
  get processId(): number | undefined {
    return this.#process?.pid
  }

  /** How it is doing. */
  get status(): ContainerStatus {
    return {
      name: this.#name,
      image: this.#image?.image ?? this.spec.image,
      imageID: this.#image?.imageID ?? '',
      ...(this.#containerID !== undefined && { containerID: this.#containerID }),
      state: this.#state,
      lastState: this.#lastState,
      ready:
        this.#ready &&
        (this.#kind === 'init' || this.#context.node.misbehaviourOf(this.#context.pod()).neverReady !== true),
      started: this.#started,
      restartCount: Math.max(this.#starts - 1, 0),
    }
  }

  /** Files with the output of this start and of the one before; nothing when there was none. */
  logFile(previous: boolean): string | undefined {
    const start = this.#starts - (previous ? 1 : 0)
    return start < 1 ? undefined : join(this.#containerDirectory, `${start}.log`)
  }

  /** Shows the container as waiting. */
  wait(waiting: Waiting): void {
    if (this.#state.terminated !== undefined) this.#lastState = { terminated: this.#state.terminated }
    this.#set({ waiting })
  }

  /** Pulls, creates, starts, and waits for the end; nothing when `signal` aborted before there was a process. */
  async run(signal: AbortSignal): Promise<TerminatedState | undefined> {
    const observer = {
      onWaiting: (reason: string, message: string): void => this.wait({ reason, message }),
      onEvent: (type: 'Normal' | 'Warning', reason: string, message: string): void =>
        this.#event(type, reason, message),
    }
    const image = await pullImage(this.#context, () => this.spec, observer, signal)
    if (image === undefined) return undefined
    this.#image = image
    const request = await this.#configure(image, signal)
    const { startDelayMs = 0 } = this.#context.node.misbehaviourOf(this.#context.pod())
    if (startDelayMs > 0) await sleep(startDelayMs, undefined, { signal }).catch(() => undefined)
    if (request === undefined || signal.aborted) return undefined
    this.#event('Normal', 'Created', `Container created`)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#starting = promise
    return await this.#runProcess(request, resolve).finally(resolve)
  }

  /**
   * preStop, stop signal, and after `graceMs` the kill. Resolves when the process is gone; at once when there is none. One
   * that is being started is stopped when it is there: nobody would stop it later.
   */
  async stop(graceMs: number): Promise<void> {
    await this.#starting
    if (this.#process === undefined) return
    this.#stopping ??= stopContainer({
      spec: this.spec,
      running: this.#process,
      graceMs,
      target: this.#target(),
      kill: (pid) => this.#context.node.processes.kill(pid),
      onHookFailure: (message) => this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${message}`),
    }).finally(() => (this.#stopping = undefined))
    await this.#stopping
  }

  /** Ends the process and all that belongs to it without any ceremony. */
  async quit(): Promise<void> {
    await this.#starting
    if (this.#process !== undefined) await this.#context.node.processes.quit(this.#process)
  }

  /** Everything that a start needs; waits in `CreateContainerConfigError` while something referenced is missing. */
  async #configure(image: PulledImage, signal: AbortSignal): Promise<ProcessRequest | undefined> {
    while (!signal.aborted) {
      try {
        return await prepareContainer(this.#context, this.spec, image.programs, this.#containerDirectory)
      } catch (error) {
        if (error instanceof ContainerConfigError) {
          this.wait({ reason: 'CreateContainerConfigError', message: error.message })
          this.#event('Warning', 'Failed', `Error: ${error.message}`)
        } else {
          // The API server is away, most likely; it is asked again.
          this.#context.node.log(`configuring container ${this.#name}: ${String(error)}`)
        }
        await sleep(configRetryMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return undefined
  }

  async #runProcess(request: ProcessRequest, onStarted: () => void): Promise<TerminatedState> {
    const { node, volumes } = this.#context
    this.#starts++
    const logFile = join(this.#containerDirectory, `${this.#starts}.log`)
    await rm(join(this.#containerDirectory, `${this.#starts - 2}.log`), { force: true })
    const log = await open(logFile, 'a', 0o600)
    const startedAt = timestamp()
    this.#containerID = `local://${randomBytes(32).toString('hex')}`
    this.#request = request
    const probing = new AbortController()
    try {
      const owned = [this.#containerDirectory, ...volumes.directories()]
      const running = await node.processes.start(request, log.fd, owned)
      this.#process = running
      onStarted()
      this.#event('Normal', 'Started', `Container started`)
      if (this.#state.terminated !== undefined) this.#lastState = { terminated: this.#state.terminated }
      this.#set({ running: { startedAt } })
      if (this.#kind === 'regular') this.#watch(probing.signal)
      else this.#started = true
      const exit = await running.exited
      return await this.#end(startedAt, logFile, exit.code, exit.signal)
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      this.#event('Warning', 'Failed', `Error: ${error.message}`)
      return await this.#end(startedAt, logFile, 128, undefined, error.message)
    } finally {
      probing.abort()
      await log.close()
    }
  }

  async #end(
    startedAt: string,
    logFile: string,
    exitCode: number,
    signal: number | undefined,
    startError?: string,
  ): Promise<TerminatedState> {
    this.#process = undefined
    this.#started = false
    this.#ready = this.#kind === 'init' && exitCode === 0
    const policy = this.spec.terminationMessagePolicy
    const message =
      startError ??
      (await readTerminationMessage({
        messageFile: terminationMessageFile(this.#containerDirectory),
        logFile,
        policy,
        exitCode,
      }))
    const terminated: TerminatedState = {
      exitCode,
      ...(signal !== undefined && { signal }),
      reason: startError !== undefined ? 'StartError' : exitCode === 0 ? 'Completed' : 'Error',
      ...(message !== undefined && { message }),
      startedAt,
      finishedAt: timestamp(),
      containerID: this.#containerID ?? '',
    }
    this.#set({ terminated })
    return terminated
  }

  #watch(signal: AbortSignal): void {
    watchProbes(
      this.spec,
      this.#target(),
      {
        onStarted: () => {
          this.#started = true
          this.#context.changed()
        },
        onReady: (ready) => {
          if (this.#ready === ready) return
          this.#ready = ready
          this.#context.changed()
        },
        onFailure: (kind, message) => {
          const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
          this.#event('Warning', 'Unhealthy', `${title} probe failed: ${message}`)
        },
        onUnhealthy: (kind, probe) => {
          // A pod that is being deleted is stopped by that, not by its probes.
          if (this.#context.pod().metadata.deletionTimestamp !== undefined) return
          this.#event('Normal', 'Killing', `Container ${this.#name} failed ${kind} probe, will be restarted`)
          const seconds =
            probe.terminationGracePeriodSeconds ?? this.#context.pod().spec.terminationGracePeriodSeconds ?? 30
          void this.stop(seconds * 1000)
        },
      },
      signal,
      this.#context.node.quick !== undefined,
    )
  }

  #target(): ProbeTarget {
    return {
      exec: async (command, timeoutMs): Promise<CommandResult> => {
        const request = this.#request
        if (request === undefined) return { exitCode: 126, output: 'the container is not running', timedOut: false }
        return await this.#context.node.processes.run({ ...request, commandLine: command }, timeoutMs)
      },
      port: (port) => this.localPort(port),
    }
  }

  /**
   * The port of this machine on which a port of the container answers: the server's own port, by its number or name in
   * the manifest, is the pod's; every other one is itself.
   */
  localPort(port: number | string): number {
    const { ports = [], env = [] } = this.spec
    const number =
      typeof port === 'number' ? port : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port))
    const server = Number(env.find(({ name }) => name === 'PGPORT')?.value ?? 5432)
    const local = Number(this.#request?.environment['PGPORT'])
    return number === server && local > 0 ? local : number
  }

  #set(state: ContainerState): void {
    this.#state = state
    this.#context.changed()
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const part = this.#kind === 'init' ? 'initContainers' : 'containers'
    this.#context.node.events.record(this.#context.pod(), type, reason, message, `spec.${part}{${this.#name}}`)
  }
}
