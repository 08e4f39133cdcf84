/**
 * The life of one pod on this node.
 *
 * Workflow: volumes → init containers one after another → containers, restarted as the policy wants → on deletion the
 * stop signal, the grace period, the kill, and the pod's removal from the API. Every change is shown in the status.
 */
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../api-client.ts'
import { BackOff, formatDuration } from './back-off.ts'
import { ContainerRunner } from './container.ts'
import { fieldValue, resourceValue } from './fields.ts'
import { timestamp } from './objects.ts'
import type { Condition, Pod, TerminatedState } from './objects.ts'
import { podStatus } from './pod-status.ts'
import type { NodeContext, PodContext } from './pod-context.ts'
import { PodPort } from './ports.ts'
import { MountError, PodVolumes } from './volumes.ts'

const retryMs = 500
const defaultGraceSeconds = 30

/** Runs one pod. */
export class PodWorker {
  readonly #node: NodeContext
  readonly #context: PodContext
  readonly #init: readonly ContainerRunner[]
  readonly #containers: readonly ContainerRunner[]
  readonly #port = new PodPort()
  readonly #stopping = new AbortController()
  readonly #startTime: string
  #pod: Pod
  #conditions: readonly Condition[] = []
  #lifecycle: Promise<void> = Promise.resolve()
  #ending: Promise<void> | undefined
  #isGone = false
  #writtenStatus = ''
  #isDirty = false
  #writing: Promise<void> | undefined

  constructor(node: NodeContext, pod: Pod, podIP: string) {
    this.#node = node
    this.#pod = pod
    this.#startTime = pod.status?.startTime ?? timestamp()
    const addresses = { podIP, hostIP: node.hostIP }
    const directory = join(
      node.directory,
      'p',
      (pod.metadata.uid ?? pod.metadata.name).replaceAll('-', '').slice(0, 12),
    )
    const volumes = new PodVolumes({
      api: node.api,
      account: node.account,
      directory: join(directory, 'v'),
      downwardValue: (current, { fieldRef, resourceFieldRef }) => {
        if (fieldRef !== undefined) return fieldValue(current, fieldRef.fieldPath, addresses)
        if (resourceFieldRef !== undefined) return resourceValue(current, resourceFieldRef, '', node.allocatable)
        return ''
      },
    })
    this.#context = {
      node,
      volumes,
      addresses,
      directory,
      pod: () => this.#pod,
      port: () => this.#port.ensure(),
      changed: () => this.#writeStatusSoon(),
    }
    const init = pod.spec.initContainers ?? []
    const reason = init.length > 0 ? 'PodInitializing' : 'ContainerCreating'
    this.#init = init.map(({ name }) => new ContainerRunner(this.#context, name, 'init', 'PodInitializing'))
    this.#containers = pod.spec.containers.map(
      ({ name }) => new ContainerRunner(this.#context, name, 'regular', reason),
    )
  }

  /** The pod as it was last seen. */
  get pod(): Pod {
    return this.#pod
  }

  /** Begins. */
  start(): void {
    this.#writeStatusSoon()
    this.#lifecycle = this.#run().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      this.#node.log(`pod ${this.#pod.metadata.namespace}/${this.#pod.metadata.name}: ${message}`)
      this.#node.events.record(this.#pod, 'Warning', 'FailedSync', `Error syncing pod: ${message}`)
    })
  }

  /** Takes notice of a change of the pod; begins its end when it is being deleted. */
  update(pod: Pod): void {
    const describe = ({ metadata }: Pod): string => JSON.stringify([metadata.labels, metadata.annotations])
    const metadataChanged = describe(pod) !== describe(this.#pod)
    this.#pod = pod
    if (pod.metadata.deletionTimestamp !== undefined) this.#ending ??= this.#end()
    else if (metadataChanged) {
      this.refreshVolumes()
      this.touch()
    }
  }

  /** Whether a volume of the pod shows the Secret or ConfigMap. */
  shows(kind: 'Secret' | 'ConfigMap', name: string): boolean {
    return (this.#pod.spec.volumes ?? []).some(({ secret, configMap, projected }) =>
      kind === 'Secret'
        ? secret?.secretName === name || projected?.sources?.some((source) => source.secret?.name === name)
        : configMap?.name === name || projected?.sources?.some((source) => source.configMap?.name === name),
    )
  }

  /** Brings the projected volumes up to date, in the background. */
  refreshVolumes(): void {
    void this.#context.volumes.refresh(this.#pod).catch((error: unknown) => {
      this.#node.log(`refreshing volumes of ${this.#pod.metadata.name}: ${String(error)}`)
    })
  }

  /** Writes the status again; for faults that come and go. */
  touch(): void {
    this.#writeStatusSoon()
  }

  /** The pod has disappeared from the API: nothing of it stays. */
  async remove(): Promise<void> {
    this.#isGone = true
    this.#stopping.abort()
    await Promise.all(this.#all().map((container) => container.quit()))
    await this.#lifecycle
    await this.#ending
    await this.#writing
    this.#port.release()
    await rm(this.#context.directory, { recursive: true, force: true, maxRetries: 3 })
    this.#node.events.forget(this.#pod.metadata.uid ?? '')
  }

  /** Ends the pod's processes without a word to the API, as a node does that has lost its power. */
  async vanish(): Promise<void> {
    this.#isGone = true
    this.#stopping.abort()
    await this.#lifecycle
    await this.#writing
  }

  /** The container of that name; without a name the first one. */
  container(name?: string): ContainerRunner | undefined {
    return name === undefined ? this.#containers[0] : this.#all().find((container) => container.name === name)
  }

  /** The port of this machine on which a port of the pod answers. */
  localPort(port: number): number {
    for (const container of this.#containers) {
      const local = container.localPort(port)
      if (local !== port) return local
    }
    return port
  }

  #all(): ContainerRunner[] {
    return [...this.#init, ...this.#containers]
  }

  async #run(): Promise<void> {
    if (!(await this.#mount())) return
    for (const container of this.#init) {
      const end = await this.#keepRunning(container, this.#pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure')
      if (end === undefined || end.exitCode !== 0) return
    }
    const policy = this.#pod.spec.restartPolicy ?? 'Always'
    for (const container of this.#containers) container.wait({ reason: 'ContainerCreating' })
    await Promise.all(this.#containers.map((container) => this.#keepRunning(container, policy)))
  }

  async #mount(): Promise<boolean> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#context.volumes.mount(this.#pod)
        return true
      } catch (error) {
        // Anything else is the API server being away, which the pod survives.
        if (error instanceof MountError) this.#node.events.record(this.#pod, 'Warning', 'FailedMount', error.message)
        else this.#node.log(`mounting volumes of ${this.#pod.metadata.name}: ${String(error)}`)
        await sleep(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
    return false
  }

  /** Starts the container as often as `policy` wants; the last end, or nothing when the pod was stopped before. */
  async #keepRunning(
    container: ContainerRunner,
    policy: 'Always' | 'OnFailure' | 'Never',
  ): Promise<TerminatedState | undefined> {
    const { signal } = this.#stopping
    const backOff = new BackOff(this.#node.backOffMs)
    for (;;) {
      const startedMs = Date.now()
      const end = await container.run(signal)
      if (end === undefined || signal.aborted) return end
      if (policy === 'Never' || (policy === 'OnFailure' && end.exitCode === 0)) return end
      const delayMs = backOff.next(Date.now() - startedMs)
      if (delayMs === 0) continue
      const { name, namespace, uid } = this.#pod.metadata
      const who = `container=${container.name} pod=${name}_${namespace}(${uid})`
      const message = `back-off ${formatDuration(delayMs)} restarting failed ${who}`
      container.wait({ reason: 'CrashLoopBackOff', message })
      this.#node.events.record(this.#pod, 'Warning', 'BackOff', `Back-off restarting failed ${who}`)
      await sleep(delayMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return end
    }
  }

  async #end(): Promise<void> {
    this.#stopping.abort()
    const { metadata, spec } = this.#pod
    const seconds = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? defaultGraceSeconds
    for (const container of this.#all()) {
      if (container.status.state.running === undefined) continue
      this.#node.events.record(this.#pod, 'Normal', 'Killing', `Stopping container ${container.name}`)
    }
    await Promise.all(this.#all().map((container) => container.stop(seconds * 1000)))
    await this.#lifecycle
    if (this.#isGone) return
    this.#writeStatusSoon()
    await this.#writing
    await this.#removeFromApi()
  }

  async #removeFromApi(): Promise<void> {
    const { name, namespace, uid } = this.#pod.metadata
    const options = { gracePeriodSeconds: 0, preconditions: { uid } }
    while (!this.#isGone) {
      try {
        return await this.#node.api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options)
      } catch (error) {
        // Conflict: somebody else removed it and made another one of that name. Otherwise the server is away.
        if (error instanceof ApiError && error.code === 409) return
        this.#node.log(`removing pod ${namespace}/${name}: ${String(error)}`)
        await sleep(retryMs)
      }
    }
  }

  #writeStatusSoon(): void {
    this.#isDirty = true
    this.#writing ??= this.#writeStatus().finally(() => (this.#writing = undefined))
  }

  async #writeStatus(): Promise<void> {
    // What happens at once is written at once: a start changes several containers in the same moment.
    await sleep(5)
    while (this.#isDirty && !this.#isGone) {
      this.#isDirty = false
      const status = podStatus({
        pod: this.#pod,
        initContainerStatuses: this.#init.map((container) => container.status),
        containerStatuses: this.#containers.map((container) => container.status),
        hostIP: this.#context.addresses.hostIP,
        podIP: this.#context.addresses.podIP,
        startTime: this.#startTime,
        conditions: this.#conditions,
        now: timestamp(),
      })
      this.#conditions = status.conditions ?? []
      const text = JSON.stringify(status)
      if (text === this.#writtenStatus) continue
      const { name, namespace, uid } = this.#pod.metadata
      try {
        await this.#node.api.merge(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { metadata: { uid }, status })
        this.#writtenStatus = text
      } catch (error) {
        if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return
        this.#isDirty = true
        await sleep(retryMs)
      }
    }
  }
}
