/**
 * Exit codes of every command. They are part of the interface: scripts branch on them.
 */
export const EXIT = {
  /** Done and ready; for `diff`, `synth --check` and `status`: no differences, ready. */
  done: 0,
  /** Objects failed; for `diff`, `synth --check` and `status`: differences, not ready. */
  failed: 1,
  /** Usage, configuration, input or connection. Nothing was changed. */
  usage: 2,
  /** Another field manager owns a field that would change. */
  conflict: 3,
  /** Applied, but not ready in time. */
  notReady: 4,
  /** Refused: somebody else manages the object, or the question was answered with no. */
  refused: 5,
  /** Interrupted. Running the same command again is safe. */
  interrupted: 130,
} as const

/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
