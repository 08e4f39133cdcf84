import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { isJsonObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** One line of a watch, as the API server sends it; `UNKNOWN` for a line that is no event. */
export interface WatchLine {
  readonly type: string
  readonly object: JsonObject
}

/** The stream fell silent: no event and no bookmark any more for too long, though the connection looks alive. */
class SilentWatchError extends Error {
  override readonly name = 'SilentWatchError' as const
}

/**
 * Lines of a watch stream. Ends when the stream ends or is cut; half a line is not parsed, because the watch is
 * resumed and the event comes again.
 *
 * A stream that has not said anything ends after a silence like one that was cut. There is nothing wrong with it: the
 * server sends bookmarks only of what is newer than the place where the watch began, and where nothing happens to a kind
 * its cache may stand there for minutes.
 *
 * @param idleMs - longest silence; the socket is closed then
 * @throws SilentWatchError after a silence of a stream that was none before
 */
export async function* watchLines(stream: IncomingMessage, idleMs: number): AsyncGenerator<WatchLine, void, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let hasSpoken = false
  let silence: NodeJS.Timeout | undefined
  const listen = (): void => {
    silence = setTimeout(
      () => stream.destroy(new SilentWatchError(`nothing for ${idleMs / 1000} s, not even a bookmark`)),
      idleMs,
    )
  }
  try {
    listen()
    for await (const chunk of stream) {
      // Time that the reader of the lines takes is not the server's silence.
      clearTimeout(silence)
      hasSpoken = true
      rest += decoder.write(chunk)
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.map(parseLine).filter((line) => line !== undefined)
      listen()
    }
  } catch (error) {
    // Any other cut is how watches end; what matters is that they are resumed.
    if (error instanceof SilentWatchError && hasSpoken) throw error
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
