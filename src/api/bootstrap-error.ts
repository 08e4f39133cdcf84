/** Exit code of a refusal: running again cannot help, a person must change something. `EX_CONFIG` of sysexits. */
export const REFUSAL_EXIT_CODE = 78

/**
 * First word of the last line that a script leaves when it ends with an error, followed by a colon and the details.
 * - `MajorUpgradeRequired`: the volume holds another major, in the place where this project keeps it.
 * - `IncompatibleDataDirectory`: the volume holds a foreign, incomplete or unreadable data directory.
 * - `DivergedReplica`: the volume of a standby holds another database, or one that has gone its own way.
 * - `ImageMajorMismatch`: the image's programs are not of the major that the manifests name.
 * - `CredentialsUnreadable`: role, database or password are missing, empty or unusable.
 * - `EnvironmentIncomplete`: a variable is missing or wrong, or PostgreSQL's programs are missing.
 * - `DataDirectoryMissing`: the server was started without a bootstrap.
 * - `BootstrapFailed`: a program failed (a full disk, for instance). The only one that is worth another try.
 */
export const BOOTSTRAP_ERRORS = [
  'MajorUpgradeRequired',
  'IncompatibleDataDirectory',
  'DivergedReplica',
  'ImageMajorMismatch',
  'CredentialsUnreadable',
  'EnvironmentIncomplete',
  'DataDirectoryMissing',
  'BootstrapFailed',
] as const

/** One of them. */
export type BootstrapErrorReason = (typeof BOOTSTRAP_ERRORS)[number]

/**
 * Finds the reason in what a container left behind: its termination message or the end of its log.
 * @returns the first line that begins with a known reason, taken apart; `undefined` where there is none
 */
export function bootstrapError(text: string): { reason: BootstrapErrorReason; message: string } | undefined {
  for (const line of text.split('\n')) {
    const reason = BOOTSTRAP_ERRORS.find((candidate) => line.startsWith(`${candidate}: `))
    if (reason !== undefined) return { reason, message: line.slice(reason.length + 2).trim() }
  }
  return undefined
}
