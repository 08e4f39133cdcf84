import { EXIT } from '../api/exit-code.ts'
import type { ExitCode } from '../api/exit-code.ts'
import { formatObject } from '../api/object.ts'
import type { Reporter } from '../report/event.ts'
import type { PlannedItem } from './planning/planned-item.ts'

/** Asks the person who runs the command. No without a terminal, unless yes was said beforehand. */
export type Confirm = (question: string) => Promise<boolean>

/** What is not done without a yes. */
export interface Proposal {
  /** The flag that asked for it: `--take-over`. */
  readonly flag: string
  /** What would happen, as the rest of "this …": `takes 3 objects from Argo CD application shop`. */
  readonly effect: string
}

/**
 * Asks for a yes to what cannot be undone, or is somebody else's.
 * @returns the exit code of a no, already reported; `undefined` after a yes
 */
export async function declined(
  { flag, effect }: Proposal,
  confirm: Confirm,
  reporter: Reporter,
): Promise<ExitCode | undefined> {
  if (await confirm(`This ${effect}. Go on?`)) return undefined
  reporter.report({
    type: 'failed',
    subject: flag,
    reason: 'Declined',
    message: `this ${effect}, and nobody said yes`,
    remedy: `add --yes, or leave ${flag} out; nothing was changed`,
    exitCode: EXIT.refused,
  })
  return EXIT.refused
}

/** So many objects are named in a question. */
const NAMED = 3

/** What taking objects over means, where any is taken over. */
export function takeOverProposal(items: readonly PlannedItem[]): Proposal | undefined {
  const taken = items.filter(({ takesOver }) => takesOver === true)
  if (taken.length === 0) return undefined
  const owners = [...new Set(taken.map(({ takesOverFrom }) => takesOverFrom?.owner ?? 'whoever made it'))]
  const named = taken.slice(0, NAMED).map(({ item }) => formatObject(item.reference))
  const more = taken.length > NAMED ? ` and ${taken.length - NAMED} more` : ''
  return { flag: '--take-over', effect: `takes ${named.join(', ')}${more} from ${owners.join(', ')}` }
}
