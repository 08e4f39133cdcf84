import { createInterface } from 'node:readline/promises'

/**
 * Asks on standard error and reads one line of standard input.
 * @param signal ends the question; the answer is empty then
 */
export async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal })
  } catch (error) {
    if (signal.aborted) return ''
    throw error
  } finally {
    lines.close()
  }
}
