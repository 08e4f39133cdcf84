/** The last words of a container, as the pod's status shows them. */
import { open, readFile } from 'node:fs/promises'

const maximumFileBytes = 4096
const maximumLogBytes = 2048
const maximumLogLines = 80

/** The end of a log: at most 80 lines and 2048 bytes, as the kubelet takes them. */
async function readLogTail(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - maximumLogBytes)
    const buffer = Buffer.alloc(size - start)
    await file.read(buffer, 0, buffer.length, start)
    const text = buffer.toString('utf8')
    return text
      .split(/(?<=\n)/)
      .slice(-maximumLogLines)
      .join('')
  } finally {
    await file.close()
  }
}

/** What the container wrote to its termination log; failing that, the end of its output where the policy wants it. */
export async function readTerminationMessage(options: {
  readonly messageFile: string
  readonly logFile: string
  readonly policy: string | undefined
  readonly exitCode: number
}): Promise<string | undefined> {
  const written = await readFile(options.messageFile).catch(() => Buffer.alloc(0))
  if (written.length > 0) return written.subarray(0, maximumFileBytes).toString('utf8')
  if (options.policy !== 'FallbackToLogsOnError' || options.exitCode === 0) return undefined
  const tail = await readLogTail(options.logFile)
  return tail === '' ? undefined : tail
}
