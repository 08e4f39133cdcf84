import type { ExitCode } from '../api/exit-code.ts'
import type { StatusWord } from '../api/kstatus.ts'
import type { ObjectReference } from '../api/object.ts'
import type { Phase } from '../api/status.ts'
import type { Action, PlannedChange } from '../plan/planned-change.ts'

/** Requests of a run, by what they do to the cluster. */
export interface RequestBudget {
  /** GET, WATCH and questions that store nothing. */
  readonly reads: number
  /** Among the reads: pages of collections. */
  readonly lists: number
  readonly dryRuns: number
  readonly writes: number
  /** Body bytes in both directions, as they came over the wire. */
  readonly bytes: number
  /** Requests that the server turned away because it had too many, and that were sent again. */
  readonly throttled: number
}

/** A fact about a run, in the order in which things happen. Printers turn facts into text; behaviour never depends on them. */
export type Event =
  | {
      readonly type: 'started'
      readonly context: string
      readonly server: string
      readonly namespace: string
      readonly objects: number
      /** Where the objects come from: `dist/`, a file, the cluster. */
      readonly source: string
      readonly manager: string
    }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'planned'; readonly changes: readonly PlannedChange[]; readonly showDifferences: boolean }
  | { readonly type: 'applied'; readonly object: ObjectReference; readonly action: Action }
  | {
      readonly type: 'transition'
      readonly database: string
      readonly from: Phase | undefined
      readonly to: Phase
      readonly reason: string
      readonly message: string
    }
  /** A wait goes on for another reason than before. */
  | {
      readonly type: 'waiting'
      readonly database: string
      readonly phase: Phase
      readonly reason: string
      readonly message: string
    }
  /** An object that belongs to no database is waited for, for another reason than before. */
  | {
      readonly type: 'awaited'
      readonly object: ObjectReference
      readonly word: StatusWord
      readonly reason: string
      readonly message: string
    }
  | {
      readonly type: 'ready'
      readonly database: string
      readonly endpoint: string
      readonly secretName: string
      readonly verified: boolean
    }
  | {
      readonly type: 'failed'
      /** What failed: `Database shop/orders`. */
      readonly subject: string
      /** One CamelCase word. */
      readonly reason: string
      /** The cause, for people. */
      readonly message: string
      /** Manifest and line, where there is one. */
      readonly where?: string
      /** What to type next. */
      readonly remedy: string
      readonly exitCode: ExitCode
    }
  /** The run ended before its work was done: wrong input, no connection. */
  | {
      readonly type: 'aborted'
      readonly what: string
      readonly where?: string | undefined
      readonly remedy?: string | undefined
      readonly exitCode: ExitCode
    }
  | { readonly type: 'finished'; readonly summary: Summary; readonly exitCode: ExitCode }

/** The figures of a finished run. */
export interface Summary {
  readonly created: number
  readonly updated: number
  /** Deleted without their dependents and created again. */
  readonly replaced: number
  readonly deleted: number
  readonly unchanged: number
  readonly kept: number
  readonly failed: number
  /** Objects that would change: of `diff` and `--dry-run`, which change nothing. */
  readonly pending: number
  readonly requests: RequestBudget
  readonly seconds: number
}

/** Receives the facts of a run. */
export interface Reporter {
  report(event: Event): void
  /** Called once, at the end: prints what is still to be printed. */
  close(): void
}
