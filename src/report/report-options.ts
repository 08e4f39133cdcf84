/** What some formats need beside the output. */
export interface ReportOptions {
  /** Only results and errors. */
  readonly quiet: boolean
  /** Whether a terminal gets a live line. */
  readonly progress: boolean
  /** Every object and every step, however many there are. */
  readonly verbose: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** `$GITHUB_STEP_SUMMARY`: the file that GitHub shows as the summary of a step. */
  readonly stepSummary?: string | undefined
}
