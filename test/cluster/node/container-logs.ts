/** A container's output for `kubectl logs`. */
import { watch } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Which part of the output is wanted. */
export interface LogOptions {
  /** The last so many lines. @default all */
  readonly tailLines?: number
  /** No more than so many bytes. @default all */
  readonly limitBytes?: number
  /** Goes on until `isOver` says that no more will come. @default false */
  readonly follow?: boolean
  isOver(): boolean
}

const pollMs = 200

const lastLines = (text: string, count: number): string =>
  count === 0
    ? ''
    : text
        .split(/(?<=\n)/)
        .slice(-count)
        .join('')

/** Writes the log file to the response and ends it. */
export async function writeLogs(file: string, response: ServerResponse, options: LogOptions): Promise<void> {
  const handle = await open(file, 'r')
  const changed = options.follow === true ? watch(file) : undefined
  try {
    let position = 0
    const read = async (): Promise<Buffer> => {
      const { size } = await handle.stat()
      const buffer = Buffer.alloc(Math.max(size - position, 0))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
      position += bytesRead
      return buffer.subarray(0, bytesRead)
    }
    let first = await read()
    if (options.tailLines !== undefined) first = Buffer.from(lastLines(first.toString('utf8'), options.tailLines))
    response.write(first.subarray(0, options.limitBytes ?? first.length))
    while (options.follow === true && !response.destroyed) {
      const over = options.isOver()
      const more = await read()
      if (more.length > 0) response.write(more)
      if (over) break
      // The watch is a hint only; it is not there on every file system.
      await Promise.race([sleep(pollMs), new Promise((resolve) => changed?.once('change', resolve))])
    }
  } finally {
    changed?.close()
    await handle.close()
    response.end()
  }
}
