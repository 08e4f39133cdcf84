import type { PlanDetails } from '../applier/planned-changes.ts'
import { needsDocuments } from '../report/format.ts'
import type { FlagValues } from './command.ts'

/** What of a plan the chosen output needs. */
export function planDetails(values: FlagValues): PlanDetails {
  return { documents: needsDocuments(values['output']), hashes: values['out'] !== undefined }
}
