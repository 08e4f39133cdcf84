import type { Output } from './output.ts'

/** How often the time on the line moves on, in milliseconds. */
const TICK_MS = 1000

/** Shortest time between two drawings of counters, in milliseconds: thousands of steps must not cost time to draw. */
const UPDATE_MS = 100

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/**
 * One line at the bottom of a terminal that says what is being waited for, and for how long. Everything else is printed
 * above it.
 */
export class LiveLine {
  readonly #output: Output
  readonly #now: () => number
  #text: (() => string) | undefined
  #since: number | undefined
  #drawn = 0
  #frame = 0
  #timer: NodeJS.Timeout | undefined

  /** @param now milliseconds since the epoch */
  constructor(output: Output, now: () => number) {
    this.#output = output
    this.#now = now
  }

  /** Shows a text from now on, and counts the time from now. */
  show(text: string): void {
    this.#since = this.#now()
    this.#start(() => text)
    this.#draw()
  }

  /** Shows a text from now on; the time goes on from the first one. @param text made whenever the line is drawn */
  update(text: () => string): void {
    this.#since ??= this.#now()
    this.#start(text)
    if (this.#now() - this.#drawn >= UPDATE_MS) this.#draw()
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#text === undefined) return
    this.#text = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#drawn = 0
    this.#output.message('\r\u001B[2K')
  }

  #start(text: () => string): void {
    this.#text = text
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS)
    // The line must not keep the program alive.
    this.#timer.unref()
  }

  #draw(): void {
    if (this.#text === undefined) return
    const text = this.#text()
    this.#drawn = this.#now()
    this.#frame = (this.#frame + 1) % FRAMES.length
    const seconds = Math.round((this.#drawn - (this.#since ?? this.#drawn)) / 1000)
    const line = `${FRAMES[this.#frame]} ${String(seconds).padStart(3)} s  ${text}`
    const room = this.#output.columns - 1
    this.#output.message(`\r\u001B[2K${line.length > room ? `${line.slice(0, room - 1)}…` : line}`)
  }
}
