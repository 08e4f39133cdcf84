import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { formatSelector, selectorLabels } from '../api/labels.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { isKindNotServed } from '../cluster/error-guards.ts'
import type { Reporter } from '../report/event.ts'
import type { PlannedChange } from '../plan/planned-change.ts'
import type { ApplyItem, ApplySet, DatabaseItem } from './set/apply-set.ts'
import { ChangeSignal } from './cluster/change-signal.ts'
import type { ClusterApi, ObjectQuery } from './cluster/cluster-api.ts'
import { notOursBecause } from './set/ownership.ts'

/** How a deletion behaves. */
export interface DeletionOptions {
  /** Delete what holds data too: claims, credentials, definitions, namespaces. */
  readonly purge: boolean
  readonly wait: boolean
  readonly deadline: AbortSignal
  readonly interrupt: AbortSignal
  readonly now: () => number
}

/** An object that exists, and whether it goes. */
interface Candidate {
  readonly reference: ObjectReference
  readonly uid: string
  /** Why it stays; absent where it goes. */
  readonly keep?: string
}

/** Kinds that hold data or other people's objects: they stay, unless a person asks for more than deletion. */
const KEPT_KINDS: Readonly<Record<string, string>> = {
  Namespace: 'a namespace holds more than these manifests',
  CustomResourceDefinition: 'deleting it would delete every object of its kind in the cluster',
}

/**
 * Deletes what a set describes, in reverse order, each object with its uid as precondition. Claims and credentials
 * stay, so that applying the same manifests again brings the same data back.
 */
export async function runDelete(
  api: ClusterApi,
  set: ApplySet,
  options: DeletionOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const started = options.now()
  const candidates = await findCandidates(api, set, options.purge)
  const changes = candidates.map(({ reference, keep }): PlannedChange => ({
    object: reference,
    action: keep === undefined ? 'delete' : 'keep',
    proof: 'observation',
    differences: [],
    ...(keep === undefined ? {} : { note: keep }),
  }))
  reporter.report({ type: 'planned', changes, showDifferences: false })
  const going = candidates.filter(({ keep }) => keep === undefined)
  let deleted = 0
  const finish = (exitCode: ExitCode, failed = 0): ExitCode => {
    const summary = {
      created: 0,
      updated: 0,
      replaced: 0,
      deleted,
      unchanged: 0,
      kept: candidates.length - going.length,
      failed,
      pending: 0,
      requests: api.budget(),
      seconds: (options.now() - started) / 1000,
    }
    reporter.report({ type: 'finished', summary, exitCode })
    return exitCode
  }
  if (going.length === 0) {
    reporter.report({
      type: 'failed',
      subject: 'delete',
      reason: 'nothing to delete',
      message: 'none of these objects exists in this cluster and namespace',
      remedy: 'check --context and -n',
      exitCode: EXIT.failed,
    })
    return finish(EXIT.failed)
  }
  for (const { reference, uid } of going) {
    if (options.interrupt.aborted) return finish(EXIT.interrupted)
    await api.delete(reference, uid)
    deleted += 1
    reporter.report({ type: 'applied', object: reference, action: 'delete' })
  }
  if (!options.wait) return finish(EXIT.done)
  const left = await waitUntilGone(api, set.databases, going, options)
  if (options.interrupt.aborted) return finish(EXIT.interrupted)
  if (left === undefined) return finish(EXIT.done)
  reporter.report({
    type: 'failed',
    subject: `${left.kind} ${left.namespace ?? ''}/${left.name}`,
    reason: 'still there when the time was over',
    message: `finalizers or running containers hold it`,
    remedy: `kubectl get ${left.kind.toLowerCase()} ${left.name} -o yaml shows who`,
    exitCode: EXIT.notReady,
  })
  return finish(EXIT.notReady, 1)
}

/** Everything of the set that exists, in the order of its deletion: first what uses, then what is used. */
async function findCandidates(api: ClusterApi, set: ApplySet, purge: boolean): Promise<Candidate[]> {
  const perDatabase = await Promise.all(set.databases.map((item) => databaseCandidates(api, item, purge)))
  const others = await Promise.all(
    set.others.toReversed().map(async (item) => {
      const keep = purge ? await keptInPurge(api, item, set) : KEPT_KINDS[item.reference.kind]
      return candidate(item.reference, await getIfServed(api, item.reference), keep)
    }),
  )
  return [...perDatabase.flat(), ...others.flat()]
}

/** What stays even in a purge: namespaces, and definitions of which objects exist that these manifests do not name. */
async function keptInPurge(
  api: ClusterApi,
  { object, reference }: ApplyItem,
  set: ApplySet,
): Promise<string | undefined> {
  if (reference.kind !== 'CustomResourceDefinition')
    return reference.kind === 'Namespace' ? KEPT_KINDS['Namespace'] : undefined
  const spec = object['spec'] as
    | { group?: string; names?: { kind?: string }; versions?: { name?: string }[] }
    | undefined
  const apiVersion = `${spec?.group ?? ''}/${spec?.versions?.[0]?.name ?? ''}`
  const live = await listIfServed(api, { apiVersion, kind: spec?.names?.kind ?? '' })
  const named = new Set(set.databases.map(({ key }) => key))
  const left = live
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`)
    .filter((key) => !named.has(key))
  return left.length === 0 ? undefined : `deleting it would delete ${left.join(', ')} too`
}

async function databaseCandidates(
  api: ClusterApi,
  { database, resource, children, credentials }: DatabaseItem,
  purge: boolean,
): Promise<Candidate[]> {
  const { name, namespace = 'default' } = database.metadata
  const labelSelector = formatSelector(selectorLabels(name))
  const withData = purge || database.spec.deletionPolicy === 'Delete'
  const keep = withData ? undefined : 'holds your data: applying the manifests again brings it back'
  const keepSecret = withData ? undefined : 'belongs to the data on the volume'
  const live = await getIfServed(api, resource.reference)
  const notOurs = (child: KubernetesObject): string | undefined => {
    const because = notOursBecause(child, { name, uid: live?.metadata.uid })
    return because === undefined ? undefined : `not ours: ${because}`
  }
  const [liveChildren, claims, secret] = await Promise.all([
    Promise.all(
      children.toReversed().map(async ({ reference }) => {
        const child = await api.get(reference)
        return candidate(reference, child, child === undefined ? undefined : notOurs(child))
      }),
    ),
    api.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, labelSelector }),
    credentials === undefined ? undefined : api.get(credentials.reference),
  ])
  return [
    ...candidate(resource.reference, live, undefined),
    ...liveChildren.flat(),
    ...claims.flatMap((claim) =>
      candidate({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim.metadata.name }, claim, keep),
    ),
    ...(credentials === undefined || secret === undefined
      ? []
      : candidate(credentials.reference, secret, notOurs(secret) ?? keepSecret)),
  ]
}

/** Objects of a kind, none where the cluster does not know it. */
async function listIfServed(api: ClusterApi, query: ObjectQuery): Promise<readonly KubernetesObject[]> {
  try {
    return await api.list(query)
  } catch (error) {
    if (isKindNotServed(error)) return []
    throw error
  }
}

/** A kind that the cluster does not know has no objects to delete. */
async function getIfServed(api: ClusterApi, reference: ObjectReference): Promise<KubernetesObject | undefined> {
  try {
    return await api.get(reference)
  } catch (error) {
    if (isKindNotServed(error)) return undefined
    throw error
  }
}

function candidate(
  reference: ObjectReference,
  live: KubernetesObject | undefined,
  keep: string | undefined,
): Candidate[] {
  if (live?.metadata.uid === undefined) return []
  return [{ reference, uid: live.metadata.uid, ...(keep === undefined ? {} : { keep }) }]
}

/** Waits until the deleted objects and the pods of the databases are gone; returns the first that is left in the end. */
async function waitUntilGone(
  api: ClusterApi,
  databases: readonly DatabaseItem[],
  deleted: readonly Candidate[],
  options: DeletionOptions,
): Promise<ObjectReference | undefined> {
  const signals = new ChangeSignal()
  const ending = AbortSignal.any([options.deadline, options.interrupt])
  const queries = databases.map(({ database }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: database.metadata.namespace ?? 'default',
    labelSelector: formatSelector(selectorLabels(database.metadata.name)),
  }))
  signals.start(api, queries)
  try {
    for (;;) {
      signals.reset()
      const left = await firstLeft(api, queries, deleted)
      if (left === undefined || ending.aborted) return left
      await signals.wait(LOOK_AGAIN_MS, ending)
    }
  } finally {
    await signals.stop()
  }
}

/** Objects other than pods are looked at again this often, in milliseconds. */
const LOOK_AGAIN_MS = 1000

async function firstLeft(
  api: ClusterApi,
  queries: readonly { apiVersion: string; kind: string; namespace: string; labelSelector: string }[],
  deleted: readonly Candidate[],
): Promise<ObjectReference | undefined> {
  const pods = (await Promise.all(queries.map((query) => api.list(query)))).flat()
  const pod = pods[0]
  if (pod !== undefined) {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      name: pod.metadata.name,
      ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
    }
  }
  const live = await Promise.all(deleted.map(({ reference }) => getIfServed(api, reference)))
  return deleted.find(({ uid }, index) => live[index]?.metadata.uid === uid)?.reference
}
