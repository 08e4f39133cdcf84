import { progressing } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** The resource was seen. Nothing is done yet, so that whoever watches sees the walk from its beginning. */
export function pending(): Outcome {
  return progressing('Pending', { reason: 'Pending', message: 'The resource was seen.' }, { type: 'now' })
}
