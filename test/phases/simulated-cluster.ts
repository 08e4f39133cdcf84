import { ROTATE_ANNOTATION } from '../../src/api/group.ts'
import type { KubernetesObject } from '../../src/api/object.ts'
import type { DatabaseSpec } from '../../src/api/spec.ts'
import type { DatabaseStatus, Phase } from '../../src/api/status.ts'
import { decide } from '../../src/phases/decide.ts'
import type { Decision, Effect } from '../../src/phases/decision.ts'
import type { FailureObservation, VerificationObservation, World } from '../../src/phases/world.ts'
import { aChild, aDatabase, anUnreadyPod, aPod, aStatefulSet, NOW, secondsAfter } from './worlds.ts'

/** A pod as the simulated node sees it. */
interface SimulatedPod {
  readonly uid: string
  readonly revision: string
  readonly startedAt: string
  state: 'starting' | 'ready' | 'stuck'
}

/** Where a simulated cluster begins. */
export interface SimulationStart {
  readonly status?: DatabaseStatus | undefined
  readonly generation: number
  readonly revision: string
  readonly applied: readonly boolean[]
  readonly secret: World['credentials']['state']
  readonly hasStatefulSet: boolean
  readonly pod: { readonly revision: string; readonly state: SimulatedPod['state'] } | undefined
  readonly hasDependency: boolean
  /** Whether something is there that the spec no longer asks for. @default false */
  readonly hasSurplus?: boolean
  /** How many dependency checks, logins and effects fail before one succeeds. */
  readonly unavailable: number
  readonly badLogins: number
  readonly failures: readonly FailureObservation['class'][]
  /** How Secret and server stand to each other, where there is a password. @default 'agree' */
  readonly passwords?: Passwords
}

/**
 * `asked`: the annotation asks for another one. `staged`, `changed`: a rotation that was killed before, or after, the
 * server was given the new one. `edited`: a person has written another one into the Secret; `both`: and asked as well.
 */
export type Passwords = 'agree' | 'asked' | 'staged' | 'changed' | 'edited' | 'both'

const KINDS = [
  ['ServiceAccount', 'orders', 'provisioning'],
  ['ConfigMap', 'orders-config', 'provisioning'],
  ['StatefulSet', 'orders', 'provisioning'],
  ['Service', 'orders', 'configuring'],
] as const

const SURPLUS = {
  reference: { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'orders-backup' },
  uid: 'cron-uid',
}

/**
 * A cluster in memory: as much of an API server, a StatefulSet controller and a node as `decide` can see. The
 * controller has the defect of kubernetes#67250: a pod that hangs is never replaced by it. Images are good unless the
 * revision is called `bad`.
 */
export class SimulatedCluster {
  now = NOW
  generation: number
  revision: string
  status: DatabaseStatus | undefined
  statusWrites = 0
  readonly phases: (Phase | undefined)[] = []
  readonly effects: Effect[] = []
  #applied: boolean[]
  #secret: World['credentials']['state']
  #secretTime = secondsAfter(NOW, -600)
  #statefulSet: { generation: number; observed: number; template: string } | undefined
  #pod: SimulatedPod | undefined
  #uids = 0
  #dependencies: World['dependencies']
  #verification: VerificationObservation | undefined
  #failure: FailureObservation | undefined
  #failures: FailureObservation['class'][]
  #unavailable: number
  #badLogins: number
  #hasDependency: boolean
  #hasSurplus: boolean
  #request: string | undefined
  #rotatedFor: string | undefined
  /** Passwords by number: what the server accepts, and what the Secret holds. `forms` are what is made from one. */
  #server = 1
  #stored: { readonly current: number; readonly forms: number; readonly next?: number } = { current: 1, forms: 1 }

  constructor(start: SimulationStart) {
    this.generation = start.generation
    this.revision = start.revision
    this.status = start.status
    this.#applied = [...start.applied]
    this.#secret = start.secret
    this.#hasDependency = start.hasDependency
    this.#hasSurplus = start.hasSurplus === true
    this.#unavailable = start.unavailable
    this.#badLogins = start.badLogins
    this.#failures = [...start.failures]
    if (start.secret === 'complete') this.#setPasswords(start.passwords ?? 'agree')
    if (!start.hasStatefulSet) this.#applied[2] = false
    if (start.hasStatefulSet && start.secret !== 'absent') {
      this.#statefulSet = {
        generation: 1,
        observed: 1,
        template: this.#applied[2] === true ? this.revision : 'earlier',
      }
      if (start.pod !== undefined) this.#pod = { uid: this.#uid(), startedAt: this.now, ...start.pod }
    } else {
      this.#applied[2] = false
    }
  }

  /** What a process sees that has not been killed since its last effect. */
  observe(): World {
    const spec: Partial<DatabaseSpec> = this.#hasDependency ? { dependencies: [{ address: 'vault:8200' }] } : {}
    const annotations = this.#request === undefined ? {} : { [ROTATE_ANNOTATION]: this.#request }
    const database = aDatabase({ metadata: { generation: this.generation, annotations }, spec })
    return {
      now: this.now,
      database: this.status === undefined ? database : { ...database, status: this.status },
      children: KINDS.map(([kind, name, stage], index) =>
        aChild(
          kind,
          name,
          stage,
          this.#applied[index] === true ? 'unchanged' : this.#isThere(index) ? 'update' : 'create',
        ),
      ),
      surplus: this.#hasSurplus ? [SURPLUS] : [],
      credentials: {
        secretName: 'orders-credentials',
        source: 'generated',
        state: this.#secret,
        ...(this.#secret === 'absent' ? {} : { createdAt: this.#secretTime, changedAt: this.#secretTime }),
        ...this.#rotation(),
      },
      claims:
        this.#pod === undefined
          ? []
          : [
              {
                name: 'data-orders-0',
                uid: 'claim',
                createdAt: this.#pod.startedAt,
                phase: 'Bound',
                requested: '10Gi',
              },
            ],
      statefulSet: this.#observeStatefulSet(),
      pods: this.#observePods(),
      events: [],
      dependencies: this.#dependencies,
      verification: this.#verification,
      failure: this.#failure,
    }
  }

  /** One pass, cut off after so many steps (the status write is the first); it is whole without a number. */
  pass(killAfter = Infinity): Decision {
    const world = this.observe()
    const decision = decide(world)
    this.#failure = undefined
    let steps = 0
    if (steps < killAfter && JSON.stringify(decision.status) !== JSON.stringify(this.status)) {
      if (decision.status.phase !== this.status?.phase) this.phases.push(decision.status.phase)
      this.status = decision.status
      this.statusWrites += 1
    }
    for (const effect of decision.effects) {
      steps += 1
      if (steps >= killAfter) break
      const failure = this.#failures.shift()
      if (failure !== undefined) {
        const { generation } = this
        this.#failure = { class: failure, reason: 'Injected', message: 'injected', generation, at: this.now }
        break
      }
      this.effects.push(effect)
      const rest = this.#perform(effect)
      if (rest === undefined) continue
      steps += 1
      if (steps >= killAfter) break
      rest()
    }
    if (killAfter !== Infinity) this.#forget()
    this.#wait(decision)
    return decision
  }

  /** Another spec, whose template is of that revision. */
  edit(revision: string): void {
    this.generation += 1
    this.revision = revision
    this.#applied[2] = false
  }

  /** Another value of the annotation. */
  ask(request: string): void {
    this.#request = request
  }

  /** Whether the server accepts what the Secret says, in every form, and nothing else is left in it. */
  get isAgreed(): boolean {
    const { current, forms, next } = this.#stored
    const isAnswered = this.#request === undefined || this.#request === this.#rotatedFor
    return this.#server === current && forms === current && next === undefined && isAnswered
  }

  /** The password that clients read. */
  get password(): number {
    return this.#stored.current
  }

  #setPasswords(passwords: Passwords): void {
    if (passwords === 'asked' || passwords === 'both') this.#request = 'asked'
    if (passwords === 'edited' || passwords === 'both') this.#stored = { current: 2, forms: 1 }
    if (passwords === 'staged' || passwords === 'changed') this.#stored = { current: 1, forms: 1, next: 2 }
    if (passwords === 'changed') this.#server = 2
  }

  #rotation(): Partial<World['credentials']> {
    if (this.#secret !== 'complete') return {}
    const { current, forms, next } = this.#stored
    const rotation = next === undefined ? (forms === current ? undefined : 'edited') : 'staged'
    return {
      ...(rotation === undefined ? {} : { rotation }),
      ...(this.#rotatedFor === undefined ? {} : { rotatedFor: this.#rotatedFor }),
    }
  }

  /** What the process held in memory is gone with it. */
  #forget(): void {
    this.#dependencies = undefined
    this.#verification = undefined
    this.#failure = undefined
  }

  /** Performs an effect, or its first half and returns the other one: a kill may come between them. */
  #perform(effect: Effect): (() => void) | undefined {
    switch (effect.type) {
      case 'apply':
        for (const object of effect.objects) this.#apply(object)
        break
      case 'replace':
        this.#apply(effect.object)
        break
      case 'remove':
        this.#hasSurplus = false
        break
      case 'make-replication-secret':
        throw new TypeError('this cluster has no standbys')
      case 'grow-claim':
        throw new TypeError(`the claims of this cluster are as asked: ${effect.name} cannot differ`)
      case 'create-credentials':
      case 'complete-credentials':
        this.#secret = 'complete'
        this.#secretTime = this.now
        this.#rotatedFor = this.#request
        break
      case 'stage-password':
        // Every form is written anew: what they told is gone.
        this.#stored = { current: this.#stored.current, forms: this.#stored.current, next: this.#stored.current + 1 }
        this.#rotatedFor = effect.request
        this.#secretTime = this.now
        break
      case 'rotate-password': {
        const { current, forms, next = current } = this.#stored
        const attempt = { subject: effect.subject, at: this.now }
        if (![next, current, forms].includes(this.#server)) {
          this.#verification = { ok: false, ...attempt, reason: 'RotationRejected', message: 'rejected' }
          break
        }
        this.#server = next
        return () => {
          this.#stored = { current: next, forms: next }
          this.#secretTime = this.now
          this.#verification = { ok: true, ...attempt, serverVersion: '16.4' }
        }
      }
      case 'check-dependencies': {
        const available = this.#unavailable <= 0
        this.#unavailable -= 1
        const results = [{ name: 'vault:8200', available, message: available ? 'reachable' : 'unreachable' }]
        this.#dependencies = { generation: this.generation, at: this.now, results }
        break
      }
      case 'verify': {
        const attempt = { subject: effect.subject, at: this.now }
        this.#badLogins -= 1
        this.#verification =
          this.#badLogins >= 0 || this.#server !== this.#stored.current
            ? { ok: false, ...attempt, reason: 'ConnectionRefused', message: 'refused' }
            : { ok: true, ...attempt, serverVersion: '16.4' }
        break
      }
      case 'delete-pod':
        if (this.#pod?.uid === effect.uid) this.#pod = undefined
        break
    }
    return undefined
  }

  #apply(object: KubernetesObject): void {
    const index = KINDS.findIndex(([kind, name]) => kind === object.kind && name === object.metadata.name)
    this.#applied[index] = true
    if (object.kind !== 'StatefulSet') return
    const { generation, observed } = this.#statefulSet ?? { generation: 0, observed: 0 }
    this.#statefulSet = { generation: generation + 1, observed, template: this.revision }
  }

  /** Time passes as the decision asks, and the cluster does its part meanwhile. */
  #wait({ next }: Decision): void {
    const waitMs = next.type === 'after' ? next.delayMs : next.type === 'change' ? next.withinMs : 1000
    this.now = secondsAfter(this.now, Math.ceil(waitMs / 1000))
    const statefulSet = this.#statefulSet
    if (statefulSet === undefined) return
    if (statefulSet.observed < statefulSet.generation) {
      statefulSet.observed = statefulSet.generation
    } else if (this.#pod === undefined) {
      this.#pod = { uid: this.#uid(), revision: statefulSet.template, startedAt: this.now, state: 'starting' }
    } else if (this.#pod.state === 'starting') {
      this.#pod.state = this.#pod.revision === 'bad' ? 'stuck' : 'ready'
    } else if (this.#pod.state === 'ready' && this.#pod.revision !== statefulSet.template) {
      this.#pod = undefined
    }
  }

  #observeStatefulSet(): KubernetesObject | undefined {
    if (this.#statefulSet === undefined) return undefined
    const { generation, observed, template } = this.#statefulSet
    const pods = this.#pod === undefined ? 0 : 1
    return aStatefulSet({
      generation,
      status: {
        observedGeneration: observed,
        replicas: pods,
        readyReplicas: this.#pod?.state === 'ready' ? 1 : 0,
        updatedReplicas: this.#pod?.revision === template ? 1 : 0,
        updateRevision: template,
      },
    })
  }

  #observePods(): readonly KubernetesObject[] {
    if (this.#pod === undefined) return []
    const { uid, revision, startedAt, state } = this.#pod
    if (state === 'ready') {
      const running = [{ name: 'postgres', state: { running: { startedAt } } }]
      return [aPod({ uid, revision, status: { startTime: startedAt, containerStatuses: running } })]
    }
    const waiting = { state: { waiting: { reason: state === 'stuck' ? 'ErrImagePull' : 'PodInitializing' } } }
    return [anUnreadyPod({ bootstrap: waiting }, { uid, revision })]
  }

  #isThere(index: number): boolean {
    return index === 2 ? this.#statefulSet !== undefined : false
  }

  #uid(): string {
    this.#uids += 1
    return `pod-${this.#uids}`
  }
}
