import { formatError } from './error-lines.ts'
import type { Event } from './event.ts'
import type { Output } from './output.ts'
import { printableLine } from './printable.ts'

/** Tells people on standard error what went wrong, for formats whose standard output has no place for it. */
export function printTrouble(event: Event, output: Output): void {
  if (event.type === 'warning')
    output.message(`${output.style('yellow', 'warning:')} ${printableLine(event.message)}\n`)
  if (event.type === 'aborted') output.message(formatError(event))
  if (event.type === 'failed') {
    const { subject, reason, message, where, remedy } = event
    output.message(formatError({ what: `${subject}: ${reason}: ${message}`, where, remedy }))
  }
}
