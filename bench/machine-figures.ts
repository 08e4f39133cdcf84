/** What Linux knows about the whole machine: how much of it programs took that have no part in a measurement. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Linux shows every program a clock of a hundred ticks. @see https://man7.org/linux/man-pages/man7/time.7.html */
const TICKS_PER_SECOND = 100

/** Processor time of everything on the machine so far, in seconds; 0 where the system does not say. @see https://man7.org/linux/man-pages/man5/proc_stat.5.html */
function busySeconds(): number {
  let text = ''
  try {
    text = readFileSync('/proc/stat', 'utf8')
  } catch {
    return 0
  }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? '')
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
}

/** Processor time of this process so far, in seconds. */
function ownSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** How much of the machine a measurement did not have. */
export interface Disturbance {
  /** Processor time that others took meanwhile, as a share of all that there was: 0 to 1. */
  readonly share: number
}

/**
 * Begins to look at the machine. @returns what says, at the end, how much others took
 * @param takenByUs processor time so far of the programs that are measured, this process left out
 */
export async function watchMachine(takenByUs: () => Promise<number> | number): Promise<() => Promise<Disturbance>> {
  const begin = { at: performance.now(), busy: busySeconds(), ours: (await takenByUs()) + ownSeconds() }
  return async () => {
    const ours = (await takenByUs()) + ownSeconds() - begin.ours
    const all = ((performance.now() - begin.at) / 1000) * availableParallelism()
    return { share: Math.min(1, Math.max(0, (busySeconds() - begin.busy - ours) / all)) }
  }
}
