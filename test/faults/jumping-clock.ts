/**
 * Loaded into a process before anything else (`node --import`): at each SIGUSR2 its time of day jumps, two hours ahead,
 * then two hours behind the true time, then back. Timers and the steady clock go on as on a machine whose time is set.
 */
const JUMPS_MS = [7_200_000, -7_200_000, 0]

const TrueDate = Date
let offsetMs = 0
let jumps = 0

class JumpingDate extends TrueDate {
  constructor(...values: [] | [number | string | Date]) {
    if (values.length === 0) super(TrueDate.now() + offsetMs)
    // All other forms name their time themselves.
    else super(...(values as [number]))
  }

  static override now(): number {
    return TrueDate.now() + offsetMs
  }
}

globalThis.Date = JumpingDate as DateConstructor
process.on('SIGUSR2', () => {
  offsetMs = JUMPS_MS[jumps % JUMPS_MS.length] ?? 0
  jumps += 1
})
