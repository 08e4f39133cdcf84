import { formatObject } from '../../api/object.ts'
import type { Reporter } from '../../report/event.ts'
import type { WaitOutcome } from './waiting.ts'

/** Reports an object that did not become what it should be. @param source file and line of its manifest */
export function reportEnd(outcome: WaitOutcome, source: string | undefined, reporter: Reporter): void {
  if (outcome.type === 'current') return
  const { type, object, reason, message, remedy, exitCode } = outcome
  reporter.report({
    type: 'failed',
    subject: formatObject(object),
    reason: type === 'timeout' ? `not ready in time: ${reason}` : reason,
    message,
    remedy,
    exitCode,
    ...(source === undefined ? {} : { where: source }),
  })
}
