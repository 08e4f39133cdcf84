/** One container of a pod: a process on this machine, and the state that the pod's status shows of it. */
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine, ContainerConfigError, localEnvironment, resolveEnvironment } from './environment.ts'
import { fieldValue, resourceValue } from './fields.ts'
import { pullImage } from './image-pull.ts'
import type { PulledImage } from './image-pull.ts'
import { decodedSecret } from './object-values.ts'
import { timestamp } from './objects.ts'
import type { ConfigMap, Container, ContainerState, ContainerStatus, Secret, TerminatedState } from './objects.ts'
import { rewritePath } from './paths.ts'
import type { PathMapping } from './paths.ts'
import type { PodContext } from './pod-context.ts'
import { attemptProbe } from './probe-attempt.ts'
import type { ProbeTarget } from './probe-attempt.ts'
import { watchProbes } from './probes.ts'
import { signalProcess } from './process-table.ts'
import { StartError } from './processes.ts'
import type { CommandResult, ProcessRequest, RunningProcess } from './processes.ts'
import { readTerminationMessage } from './termination-message.ts'

/** A missing Secret is looked for again after this time. */
const configRetryMs = 1000
/** The least that a container gets between its stop signal and the kill, as with the kubelet. */
const minimumGraceMs = 2000

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
    return await this.#runProcess(request)
  }

  /**
   * preStop, stop signal, and after `graceMs` the kill. Resolves when the process is gone; at once when there is none.
   */
  async stop(graceMs: number): Promise<void> {
    if (this.#process === undefined) return
    this.#stopping ??= this.#stop(this.#process, graceMs).finally(() => (this.#stopping = undefined))
    await this.#stopping
  }

  /** Kills the process and all that belongs to it. */
  async kill(): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    await this.#context.node.processes.kill(running.pid)
    await running.exited
  }

  async #stop(running: RunningProcess, graceMs: number): Promise<void> {
    const startMs = Date.now()
    const { lifecycle } = this.spec
    if (lifecycle?.preStop !== undefined && graceMs > 0) {
      const hook = lifecycle.preStop
      const work =
        hook.sleep === undefined
          ? attemptProbe(hook, this.#target(), graceMs)
          : sleep(hook.sleep.seconds * 1000).then(() => ({ result: 'success' as const, message: '' }))
      const outcome = await Promise.race([work, sleep(graceMs, undefined, { ref: false }), running.exited])
      if (outcome !== undefined && 'result' in outcome && outcome.result === 'failure') {
        this.#event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${outcome.message}`)
      }
    }
    // The official images say STOPSIGNAL SIGINT: fast shutdown. Kubernetes knows no other way than the image's.
    const signal = (lifecycle?.stopSignal ?? 'SIGINT') as NodeJS.Signals
    signalProcess(running.pid, signal)
    const leftMs = graceMs === 0 ? 0 : Math.max(graceMs - (Date.now() - startMs), minimumGraceMs)
    const gone = new AbortController()
    const patience = sleep(leftMs, 'late' as const, { signal: gone.signal }).catch(() => undefined)
    const outcome = await Promise.race([running.exited, patience])
    gone.abort()
    if (outcome === 'late') await this.#context.node.processes.kill(running.pid)
    await running.exited
  }

  /** Everything that a start needs; waits in `CreateContainerConfigError` while something referenced is missing. */
  async #configure(image: PulledImage, signal: AbortSignal): Promise<ProcessRequest | undefined> {
    while (!signal.aborted) {
      try {
        this.#checkUser()
        return await this.#prepare(image)
      } catch (error) {
        if (!(error instanceof ContainerConfigError)) throw error
        this.wait({ reason: 'CreateContainerConfigError', message: error.message })
        this.#event('Warning', 'Failed', `Error: ${error.message}`)
        await sleep(configRetryMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return undefined
  }

  #checkUser(): void {
    const { metadata, spec } = this.#context.pod()
    const { runAsNonRoot, runAsUser } = { ...spec.securityContext, ...this.spec.securityContext }
    if (runAsNonRoot !== true || (runAsUser !== undefined && runAsUser > 0)) return
    const why =
      runAsUser === 0
        ? "container's runAsUser breaks non-root policy"
        : 'container has runAsNonRoot and image will run as root'
    const pod = `"${metadata.name}_${metadata.namespace}(${metadata.uid})"`
    throw new ContainerConfigError(`${why} (pod: ${pod}, container: ${this.#name})`)
  }

  async #prepare(image: PulledImage): Promise<ProcessRequest> {
    const { node, addresses, volumes } = this.#context
    const pod = this.#context.pod()
    const { spec } = this
    const namespace = pod.metadata.namespace ?? ''
    const values = await resolveEnvironment(spec, {
      namespace,
      secret: async (name) =>
        decodedSecret(await node.api.find<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`)),
      configMap: async (name) =>
        (await node.api.find<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${name}`))?.data,
      field: (path) => fieldValue(pod, path, addresses),
      resource: (reference) => resourceValue(pod, reference, spec.name, node.allocatable),
    })
    await this.#makeDirectory()
    const mappings: PathMapping[] = [
      { containerPath: spec.terminationMessagePath ?? '/dev/termination-log', hostPath: this.#messageFile },
    ]
    for (const { name, mountPath, subPath, subPathExpr } of spec.volumeMounts ?? []) {
      if (subPath !== undefined || subPathExpr !== undefined) {
        throw new ContainerConfigError(`the local node does not support subPath (volume "${name}")`)
      }
      const hostPath = volumes.directoryOf(name)
      if (hostPath === undefined) throw new ContainerConfigError(`volume "${name}" is not mounted`)
      mappings.push({ containerPath: mountPath, hostPath })
    }
    const local = localEnvironment(values, { mappings, port: await this.#context.port() })
    const environment = {
      HOME: this.#workDirectory,
      HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
      TMPDIR: this.#workDirectory,
      // Without a locale initdb would take the C locale with SQL_ASCII; the official images set this one.
      LANG: 'C.UTF-8',
      ...local,
      PATH: [
        image.programs.directory,
        ...(image.programs.hasPgIsReady ? [] : [node.standIns]),
        '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ].join(delimiter),
    }
    const command = commandLine(spec, local)
    const directory = spec.workingDir === undefined ? undefined : rewritePath(spec.workingDir, mappings)
    return {
      commandLine: command.length === 0 ? ['postgres'] : command,
      directory: directory === spec.workingDir ? this.#workDirectory : (directory ?? this.#workDirectory),
      environment,
    }
  }

  async #runProcess(request: ProcessRequest): Promise<TerminatedState> {
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
      startError ?? (await readTerminationMessage({ messageFile: this.#messageFile, logFile, policy, exitCode }))
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

  get #workDirectory(): string {
    return join(this.#containerDirectory, 'w')
  }

  get #messageFile(): string {
    return join(this.#containerDirectory, 'termination-log')
  }

  async #makeDirectory(): Promise<void> {
    await mkdir(this.#workDirectory, { recursive: true, mode: 0o755 })
    await rm(this.#messageFile, { force: true })
    await writeFile(this.#messageFile, '', { mode: 0o644 })
    const { uid, gid } = this.#context.node.account
    if (uid === undefined || gid === undefined) return
    await chown(this.#workDirectory, uid, gid)
    await chown(this.#messageFile, uid, gid)
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
