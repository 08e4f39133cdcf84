import type { WorkQueue } from './work-queue.ts'

/**
 * What follows from work that ended in good order: nothing, or another look after a while. Both end a row of failures.
 */
export interface WorkOutcome {
  /** Milliseconds. */
  readonly requeueAfterMs?: number
}

/** The words of controller-runtime for how work ended. */
export type WorkResult = 'success' | 'requeue_after' | 'error'

/** How the work on a key ended. */
export interface FinishedWork extends Ending {
  /** How long it took. */
  readonly durationMs: number
}

/** How work ended, and what follows. */
interface Ending {
  readonly key: string
  readonly result: WorkResult
  /** What was thrown. */
  readonly error?: unknown
  /** Milliseconds until the key comes again, where that is known. */
  readonly againInMs?: number
}

/** What workers do. */
export interface WorkOptions {
  /** Keys that are worked on at the same time. */
  readonly workers: number
  /** Brings one key to where it should be. Whatever it throws is a failure: the key comes again, later each time. */
  readonly work: (key: string) => Promise<WorkOutcome>
  /** Told after each key. Must not throw. */
  readonly onFinished?: (finished: FinishedWork) => void
}

/** Works on the keys of a queue until it is closed; settles when the last work is done. Never throws. */
export async function runWorkers(queue: WorkQueue, options: WorkOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => runWorker(queue, options)))
}

async function runWorker(queue: WorkQueue, options: WorkOptions): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    const ending = await workOn(queue, key, options)
    const durationMs = queue.done(key)
    options.onFinished?.({ ...ending, durationMs })
  }
}

async function workOn(queue: WorkQueue, key: string, { work }: WorkOptions): Promise<Ending> {
  try {
    const { requeueAfterMs } = await work(key)
    queue.forget(key)
    if (requeueAfterMs === undefined) return { key, result: 'success' }
    queue.addAfter(key, requeueAfterMs)
    return { key, result: 'requeue_after', againInMs: requeueAfterMs }
  } catch (error) {
    return { key, result: 'error', error, againInMs: queue.addRateLimited(key) }
  }
}
