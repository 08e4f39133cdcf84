/** One database that goes through changes, each judged by `diff` before it is applied and by the cluster after. */
import { chown, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { vi } from 'vitest'
import type { KubernetesObject } from '../../src/api/object.ts'
import { worstImpact } from '../../src/plan/impact.ts'
import type { Impact } from '../../src/plan/impact.ts'
import type { PlannedChange } from '../../src/plan/planned-change.ts'
import type { SharedControlPlane } from '../cluster/shared.ts'
import { run } from './in-process.ts'
import { password, query } from './database.ts'

/** A change of manifests: what the database is first, and what it becomes. */
export interface ManifestChange {
  readonly before: readonly KubernetesObject[]
  readonly after: readonly KubernetesObject[]
  /** Flags without which the change is not made. */
  readonly flags?: readonly string[]
  /** The data belongs to this user meanwhile: the local node runs every image as the same one. */
  readonly owner?: number
}

/** What `diff` said and what happened. */
export interface Outcome {
  /** What `diff` printed, object by object. */
  readonly changes: readonly PlannedChange[]
  /** The gravest of it. */
  readonly said: Impact | undefined
  readonly happened: Impact
  /** For a failure: what was said in words. */
  readonly detail: string
}

/** What is looked at in the cluster before and after. */
interface Observation {
  readonly pod: string | undefined
  readonly restarts: number
  readonly capacity: string | undefined
  readonly configuration: unknown
}

interface ContainerStatus {
  readonly state?: { readonly terminated?: { readonly exitCode: number } }
  readonly lastState?: { readonly terminated?: { readonly exitCode: number } }
}

const DEADLINE = { timeout: 60_000, interval: 250 }

type Live = KubernetesObject & {
  readonly status?: Record<string, unknown>
  readonly spec?: Record<string, unknown>
  readonly data?: Record<string, string>
}

/** See above. */
export class ImpactLane {
  readonly #cluster: SharedControlPlane
  readonly #namespace: string
  readonly #name: string
  #current: readonly KubernetesObject[] | undefined

  constructor(cluster: SharedControlPlane, namespace: string, name: string) {
    this.#cluster = cluster
    this.#namespace = namespace
    this.#name = name
  }

  /** Begins with a database that is ready. */
  async start(manifests: readonly KubernetesObject[]): Promise<void> {
    const { code, failures, messages } = await this.#run('apply', manifests, WAIT)
    if (code !== 0) throw new Error(`${this.#name} does not start: ${JSON.stringify(failures)} ${messages}`)
    this.#current = manifests
  }

  /** Makes the change and compares. */
  async take(change: ManifestChange): Promise<Outcome> {
    await this.#reach(change.before, change.flags ?? [])
    if (change.owner === undefined) return this.#make(change)
    const directory = await this.#dataDirectory()
    const { uid, gid } = await stat(directory)
    await chown(directory, change.owner, change.owner)
    try {
      return await this.#make(change)
    } finally {
      await chown(directory, uid, gid)
    }
  }

  /** Where the local node keeps the data. */
  async #dataDirectory(): Promise<string> {
    const claim = await this.#get('v1/persistentvolumeclaims', `data-${this.#name}-0`)
    const { body } = await this.#cluster.request(
      'GET',
      `/api/v1/persistentvolumes/${String(claim?.spec?.['volumeName'])}`,
    )
    const volume = (body as { spec: { hostPath: { path: string } } }).spec.hostPath.path
    const major = (await readdir(volume)).find((name) => /^\d+$/.test(name)) ?? ''
    return join(volume, major, 'docker')
  }

  async #make({ after, flags = [] }: ManifestChange): Promise<Outcome> {
    const old = await this.#observe()
    const difference = await this.#run('diff', after, flags)
    // Exit codes above 1 are a no before anything was planned.
    const said = difference.code > 1 ? 'refused' : worstImpact(difference.changes.map(impactOfChange))
    const startedBefore = said === 'reload' ? await this.#started() : undefined
    const applied = await this.#run('apply', after, [...flags, '--yes', ...(said === 'reload' ? WAIT : ['--no-wait'])])
    const isRefused = applied.code !== 0
    if (!isRefused) this.#current = after
    await this.#settle('or no pod')
    const found = await this.#observe()
    const restarted = old.pod !== found.pod || old.restarts !== found.restarts
    const isResized = old.capacity !== found.capacity
    const isReconfigured = !isDeepStrictEqual(old.configuration, found.configuration)
    // apply has waited until the server itself said that it runs with the new settings.
    const isReloaded = said === 'reload' && startedBefore === (await this.#started())
    const isStartRefused = restarted && said === 'refused' && (await this.#refusesToStart())
    const happened: Impact =
      isRefused || isStartRefused
        ? 'refused'
        : restarted
          ? 'restart'
          : isResized
            ? 'resize-online'
            : isReconfigured && isReloaded
              ? 'reload'
              : 'none'
    const failures = [...difference.failures, ...applied.failures].map(({ message }) => message)
    return { changes: difference.changes, said, happened, detail: [...failures, applied.messages].join('\n') }
  }

  async #reach(manifests: readonly KubernetesObject[], flags: readonly string[]): Promise<void> {
    if (isDeepStrictEqual(this.#current, manifests)) return
    const all = [...new Set([...flags, '--recreate', '--yes', '--no-wait'])]
    const { code, failures, messages } = await this.#run('apply', manifests, all)
    if (code !== 0) throw new Error(`${this.#name} cannot be brought there: ${JSON.stringify(failures)} ${messages}`)
    this.#current = manifests
    await this.#settle()
  }

  #run(
    ...[name, manifests, flags]: [Parameters<typeof run>[0], readonly object[], readonly string[]]
  ): ReturnType<typeof run> {
    return run(name, manifests, { kubeconfig: this.#cluster.kubeconfig, flags: ['-n', this.#namespace, ...flags] })
  }

  /**
   * Waits until the StatefulSet controller has done what its template asks for: the pods need not be ready.
   * @param pods whether a pod that cannot be made is enough
   */
  async #settle(pods: 'pod' | 'or no pod' = 'pod'): Promise<void> {
    await vi.waitFor(async () => {
      const statefulSet = await this.#get('apps/v1/statefulsets', this.#name)
      const { observedGeneration, updateRevision } = statefulSet?.status ?? {}
      if (observedGeneration !== statefulSet?.metadata.generation) throw new Error('the controller has not seen it')
      const pod = await this.#get('v1/pods', `${this.#name}-0`)
      const isWanted = statefulSet?.spec?.['replicas'] !== 0
      if (!isWanted && pod !== undefined) throw new Error('the pod is still there')
      if (!isWanted || (pod === undefined && pods === 'or no pod')) return
      if (pod?.metadata.deletionTimestamp !== undefined) throw new Error('the pod is going')
      if (pod?.metadata.labels?.['controller-revision-hash'] !== updateRevision) throw new Error('another revision')
    }, DEADLINE)
  }

  /** Waits until the new pod says that it will not run with the data that is there. */
  async #refusesToStart(): Promise<boolean> {
    await vi.waitFor(async () => {
      const pod = await this.#get('v1/pods', `${this.#name}-0`)
      const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap(
        (list) => (pod?.status?.[list] ?? []) as readonly ContainerStatus[],
      )
      const endings = statuses.flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated])
      if (!endings.some((ending) => ending !== undefined && ending.exitCode !== 0)) throw new Error('nothing refuses')
    }, DEADLINE)
    return true
  }

  async #observe(): Promise<Observation> {
    const pod = await this.#get('v1/pods', `${this.#name}-0`)
    const claim = await this.#get('v1/persistentvolumeclaims', `data-${this.#name}-0`)
    const map = await this.#get('v1/configmaps', `${this.#name}-config`)
    const files = map?.data ?? {}
    const statuses = (pod?.status?.['containerStatuses'] ?? []) as readonly { readonly restartCount: number }[]
    const capacity = claim?.status?.['capacity'] as { readonly storage?: string } | undefined
    return {
      pod: pod?.metadata.uid,
      restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
      capacity: capacity?.storage,
      // What the server reads without a restart; anything else in the map is for the next start.
      configuration: [files['postgresql.conf'], files['pg_hba.conf']],
    }
  }

  /** When the server began; `undefined` where nobody can ask it. */
  async #started(): Promise<unknown> {
    const pod = await this.#get('v1/pods', `${this.#name}-0`)
    const conditions = (pod?.status?.['conditions'] ?? []) as readonly {
      readonly type: string
      readonly status: string
    }[]
    if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return undefined
    const [row] = await query(this.#cluster, this.#namespace, 'select pg_postmaster_start_time()::text as started', {
      name: this.#name,
      password: await password(this.#cluster, this.#namespace, this.#name),
      user: 'orders_app',
      database: 'orders',
    })
    return row?.['started']
  }

  async #get(resource: string, name: string): Promise<Live | undefined> {
    const at = resource.lastIndexOf('/')
    const [version, plural] = [resource.slice(0, at), resource.slice(at + 1)]
    const path = `/${version === 'v1' ? 'api' : 'apis'}/${version}/namespaces/${this.#namespace}/${plural}/${name}`
    const { status, body } = await this.#cluster.request('GET', path)
    return status === 200 ? (body as Live) : undefined
  }
}

/** A run that waits. */
const WAIT = ['--timeout', '60s'] as const

/** The impact that `diff` prints for an object; an action that is not done is one too. */
function impactOfChange({ action, impact, differences }: PlannedChange): Impact | undefined {
  if (action === 'refused' || action === 'conflict') return 'refused'
  return action === 'unchanged' || action === 'create' || differences.length === 0 ? 'none' : impact
}
