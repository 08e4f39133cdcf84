/**
 * Text from a cluster as a terminal may have it. Messages of servers and last lines of logs are other people's bytes:
 * an escape sequence in one of them would move the cursor, rename the window or hide the line before it.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not get through
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' '))
}
