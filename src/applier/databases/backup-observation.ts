import type { Database } from '../../api/database.ts'
import type { KubernetesObject } from '../../api/object.ts'
import { makesDumps } from '../../api/optional-children.ts'
import type { BackupObservation } from '../../phases/world.ts'

interface JobStatus {
  readonly completionTime?: string
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly lastTransitionTime?: string
    readonly message?: string
  }[]
}

/** Conditions of a Job by which it says that it has succeeded; the newer one comes before its pods are gone. */
const SUCCEEDED: ReadonlySet<string> = new Set(['Complete', 'SuccessCriteriaMet'])

/**
 * What the CronJob and its Jobs say about dumps; `undefined` where none are wanted. Jobs are deleted after a while, so the
 * CronJob remembers the last success; a Job that somebody started by hand counts as one of its own.
 */
export function observeBackup(
  { spec }: Database,
  cronJob: KubernetesObject | undefined,
  jobs: readonly KubernetesObject[],
): BackupObservation | undefined {
  if (!makesDumps(spec)) return undefined
  const told = (cronJob?.['status'] as { lastSuccessfulTime?: string } | undefined)?.lastSuccessfulTime
  const lastSuccess = [told, ...jobs.map(succeededAt)]
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1)
  const failure = jobs
    .flatMap((job) => failureOf(job) ?? [])
    .toSorted((left, right) => (left.at < right.at ? -1 : 1))
    .at(-1)
  return {
    ...(lastSuccess === undefined ? {} : { lastSuccess }),
    ...(failure === undefined || (lastSuccess !== undefined && failure.at <= lastSuccess) ? {} : { failure }),
  }
}

const statusOf = (job: KubernetesObject): JobStatus => (job['status'] as JobStatus | undefined) ?? {}

function succeededAt(job: KubernetesObject): string | undefined {
  const { completionTime, conditions = [] } = statusOf(job)
  const condition = conditions.find(({ type, status }) => SUCCEEDED.has(type) && status === 'True')
  return condition === undefined ? undefined : (completionTime ?? condition.lastTransitionTime)
}

function failureOf(job: KubernetesObject): BackupObservation['failure'] {
  const failed = statusOf(job).conditions?.find(({ type, status }) => type === 'Failed' && status === 'True')
  if (failed?.lastTransitionTime === undefined) return undefined
  return { job: job.metadata.name, at: failed.lastTransitionTime, message: failed.message ?? '' }
}
