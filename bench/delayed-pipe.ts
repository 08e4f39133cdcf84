/** Passes bytes on after the time that a way takes: all of them, in order, as many under way at once as there are. */
import type { Readable, Writable } from 'node:stream'

/** The way. */
export interface Way {
  /** Milliseconds from one end to the other. */
  readonly wayMs: number
  /** By `performance.now()`: nothing arrives earlier. @default 0 */
  readonly notBefore?: number
}

/** Pipes `from` to `to`. Its end travels as its bytes do. */
export function delayedPipe(from: Readable, to: Writable, { wayMs, notBefore = 0 }: Way): void {
  // Oldest first; undefined is the end.
  const underWay: { readonly chunk: Buffer | undefined; readonly arrival: number }[] = []
  let timer: NodeJS.Timeout | undefined
  const deliver = (): void => {
    timer = undefined
    for (let next = underWay[0]; next !== undefined; next = underWay[0]) {
      const left = next.arrival - performance.now()
      if (left > 0) {
        timer = setTimeout(deliver, left)
        return
      }
      underWay.shift()
      if (to.writableEnded || to.destroyed) continue
      if (next.chunk === undefined) to.end()
      else to.write(next.chunk)
    }
  }
  const send = (chunk: Buffer | undefined): void => {
    underWay.push({ chunk, arrival: Math.max(performance.now() + wayMs, notBefore) })
    timer ??= setTimeout(deliver, wayMs)
  }
  from.on('data', send)
  from.on('end', () => send(undefined))
  to.on('close', () => clearTimeout(timer))
}
