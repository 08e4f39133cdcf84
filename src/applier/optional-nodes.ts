import type { Database } from '../api/database.ts'
import { objectStatus } from '../api/kstatus.ts'
import type { ObjectStatus } from '../api/kstatus.ts'
import { derivedNames } from '../api/names.ts'
import type { KubernetesObject, ObjectReference } from '../api/object.ts'
import { childrenAskedFor, makesDumps } from '../api/optional-children.ts'
import { isForbidden, isKindNotServed } from '../cluster/error-guards.ts'
import { findCondition } from '../phases/conditions.ts'
import type { ClusterApi } from './cluster/cluster-api.ts'
import type { TreeNode } from './tree-node.ts'

/**
 * What a database has only because its spec asks for it: a Service and a budget with standbys, the CronJob of the dumps
 * with its volume, what watches it. Nothing is read of what is not asked for.
 * @returns the nodes, and the StatefulSet of the standbys, below which its pods belong
 */
export async function optionalNodes(
  api: ClusterApi,
  database: Database,
): Promise<readonly [readonly TreeNode[], KubernetesObject | undefined]> {
  const { name, namespace = 'default' } = database.metadata
  const { backup } = derivedNames(name)
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: backup }
  const wanted = [...childrenAskedFor(database), ...(makesDumps(database.spec) ? [claim] : [])]
  const read = await Promise.all(wanted.map((reference) => look(api, reference)))
  const standbys = read.find(({ reference: { kind } }) => kind === 'StatefulSet')?.live
  const isOfDumps = ({ reference: { kind, name: own } }: Look): boolean =>
    own === backup && (kind === 'NetworkPolicy' || kind === 'PersistentVolumeClaim')
  const nodes = read
    .filter(({ reference: { kind } }) => kind !== 'StatefulSet')
    .filter((one) => !isOfDumps(one))
    .map((one): TreeNode => {
      if (one.reference.kind !== 'CronJob') return nodeOf(one)
      return {
        ...nodeOf(one, lastBackup(database, one.live)),
        children: read.filter(isOfDumps).map((part) => nodeOf(part)),
      }
    })
  return [nodes, standbys]
}

/** An object that was looked for. */
interface Look {
  readonly reference: ObjectReference
  readonly live?: KubernetesObject | undefined
  /** Why it could not be read. */
  readonly problem?: string
}

async function look(api: ClusterApi, reference: ObjectReference): Promise<Look> {
  try {
    return { reference, live: await api.get(reference) }
  } catch (error) {
    if (isKindNotServed(error)) return { reference, problem: 'the cluster does not serve its kind' }
    if (isForbidden(error)) return { reference, problem: 'you may not read it' }
    throw error
  }
}

function nodeOf({ reference: { kind, name }, live, problem }: Look, message?: string): TreeNode {
  if (problem !== undefined) {
    const status: ObjectStatus = { word: 'Unknown', reason: 'NotRead', message: problem }
    return { kind, name, status, children: [] }
  }
  // The volume of the dumps may be bound by the first of them: until then nobody waits for it.
  const status = objectStatus(live, kind === 'PersistentVolumeClaim' ? { firstConsumer: 'none' } : {})
  const isTold = message !== undefined && status.word === 'Current'
  return { kind, name, status: isTold ? { ...status, message } : status, children: [] }
}

/**
 * When a dump was last made, and what went wrong since; the CronJob itself is as it should be in either case. It knows of
 * dumps that nobody has told the Database of yet.
 */
function lastBackup({ status }: Database, cronJob: KubernetesObject | undefined): string {
  const told = (cronJob?.['status'] as { readonly lastSuccessfulTime?: string } | undefined)?.lastSuccessfulTime
  const times = [status?.lastSuccessfulBackup, told].filter((time) => time !== undefined)
  const last = times.toSorted().at(-1)
  const known = last === undefined ? 'no successful backup yet' : `last successful backup ${last}`
  const health = findCondition(status?.conditions, 'BackupHealthy')
  return health?.status === 'False' ? `${known}; ${health.message}` : known
}
