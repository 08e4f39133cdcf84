/**
 * Keeps a failed write from ending in a stack trace. A reader that goes away (`| head`) ends the writing, not the
 * program; a full disk ends the program with one line, because a report that is cut off must not look like success.
 */
export function guardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: standard output cannot be written: ${reasonOf(error)}\n`)
    process.exit(1)
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody can be told: the exit code has to do.
    if (error.code !== 'EPIPE') process.exit(1)
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOSPC' ? 'no space left on device' : message
}
