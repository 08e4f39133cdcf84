import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** One line of a watch, as the API server sends it; `UNKNOWN` for a line that is no event. */
export interface WatchLine {
  readonly type: string
  readonly object: JsonObject
}

/** The stream went silent: no event and no bookmark for too long, though the connection looks alive. */
class SilentWatchError extends Error {
  override readonly name = 'SilentWatchError' as const
}

/**
 * Lines of a watch stream. Ends when the stream ends or is cut; half a line is not parsed, because the watch is
 * resumed and the event comes again.
 *
 * @param idleMs - longest silence
 * @throws SilentWatchError after a silence; the socket is closed then
 */
export async function* watchLines(stream: IncomingMessage, idleMs: number): AsyncGenerator<WatchLine, void, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let silence: NodeJS.Timeout | undefined
  const listen = (): void => {
    silence = setTimeout(() => stream.destroy(new SilentWatchError(`nothing for ${idleMs / 1000} s`)), idleMs)
  }
  try {
    listen()
    for await (const chunk of stream) {
      // Time that the reader of the lines takes is not the server's silence.
      clearTimeout(silence)
      rest += decoder.write(chunk)
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.map(parseLine).filter((line) => line !== undefined)
      listen()
    }
  } catch (error) {
    // Any other cut is how watches end; what matters is that they are resumed.
    if (error instanceof SilentWatchError) throw error
  } finally {
    clearTimeout(silence)
    stream.destroy()
  }
}

function parseLine(line: string): WatchLine | undefined {
  if (line.trim() === '') return undefined
  try {
    const value: unknown = JSON.parse(line)
    if (isJsonObject(value) && typeof value['type'] === 'string' && isJsonObject(value['object'])) {
      return { type: value['type'], object: value['object'] }
    }
  } catch {
    // Reported below, without the text: it may be a Secret.
  }
  return { type: 'UNKNOWN', object: {} }
}
