import { progressing } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** The resource is on its way out: nothing is applied to it or added to it any more, a finalizer least of all. */
export function deleting(): Outcome {
  return progressing('Deleting', { reason: 'Deleting', message: 'The Database is being deleted.' }, { type: 'done' })
}
