/** Finds or builds the control plane's programs, so that a test run need not: `node test/cluster/provide-programs.ts`. */
import { findPrograms } from './programs.ts'

await findPrograms()
